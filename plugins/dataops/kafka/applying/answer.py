"""What the cluster said to one change that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.wire import shortened, word

LOST = "NO_ANSWER"
"""Our own word: the request may have been carried out or not."""

_UNKNOWN = {LOST, "UNKNOWN", "REQUEST_TIMED_OUT", "NETWORK_EXCEPTION", "BROKER_NOT_AVAILABLE"}
_NOT_DONE = {"THROTTLING_QUOTA_EXCEEDED", "NOT_CONTROLLER", "COORDINATOR_LOAD_IN_PROGRESS"}
_CONFLICTS = {
    "TOPIC_ALREADY_EXISTS",
    "INVALID_PARTITIONS",
    "UNKNOWN_TOPIC_OR_PARTITION",
    "UNKNOWN_TOPIC_ID",
    "RESOURCE_NOT_FOUND",
    "INVALID_REPLICA_ASSIGNMENT",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """``code`` is Kafka's own word for an error, empty where the change was taken."""

    code: str = ""
    message: str = ""

    @property
    def taken(self) -> bool:
        return not self.code

    @property
    def is_unknown(self) -> bool:
        """Whether the change may have been carried out all the same: only reading tells."""
        return self.code in _UNKNOWN

    @property
    def is_worth_another_try(self) -> bool:
        """Whether the cluster certainly did nothing and may take it later."""
        return self.code in _NOT_DONE

    @property
    def is_conflict(self) -> bool:
        """Whether it may be that an earlier try had worked, so that it must be read again."""
        return self.code in _CONFLICTS

    @property
    def reason(self) -> str:
        """For a person."""
        return f"{self.message} ({self.code})" if self.message else self.code


TAKEN = Answer()


def answered(code: int, message: str | None) -> Answer:
    """The answer that an error code of the protocol means."""
    return Answer(word(code), shortened(message)) if code else TAKEN


def ask(session: Session, request: Any, controller: int | None) -> Any:
    """The response to a request that changes something, sent once; an ``Answer`` where none came."""
    from kafka.errors import IncompatibleBrokerVersion, KafkaError

    try:
        return session.wire.ask(request, node=controller)
    except IncompatibleBrokerVersion:
        return Answer("UNSUPPORTED_VERSION", f"The broker does not know {type(request).__name__}.")
    except (KafkaError, OSError) as error:
        return Answer(LOST, type(error).__name__)
