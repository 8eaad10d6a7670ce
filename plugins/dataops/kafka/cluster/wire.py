"""Requests of Kafka's protocol, one by one, over kafka-python: what confluent-kafka's AdminClient lacks.

This is the only module that knows kafka-python's insides: one request, one answer, nothing retried unseen.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dataops.kafka.cluster.errors import ClusterUnreachable, NotAllowed, Unsupported
from dataops.kafka.cluster.login import Login

if TYPE_CHECKING:
    from kafka.admin import KafkaAdminClient

PATIENCE = 30.0
"""Seconds for one answer."""

LARGEST_ANSWER = 512 << 20


@dataclass
class Wire:
    """One client of kafka-python. ``requests`` counts what was asked, by the request's name.

    ``patience``: seconds for one answer, or for one reading with all its tries.
    """

    client: KafkaAdminClient
    where: str
    patience: float = PATIENCE
    requests: Counter[str] = field(default_factory=Counter)

    @classmethod
    def connect(cls, way: Login, patience: float) -> Wire:
        """Raises ``ClusterUnreachable``; a login that fails was told before by the other client."""
        from kafka.admin import KafkaAdminClient
        from kafka.errors import KafkaError

        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it logs requests, passwords among them
        milliseconds = int(patience * 1000)
        try:
            client = KafkaAdminClient(
                **way.kafka_python(),
                bootstrap_timeout_ms=milliseconds,
                request_timeout_ms=int(PATIENCE * 1000),
                receive_message_max_bytes=LARGEST_ANSWER,
                reconnect_backoff_max_ms=1000,
            )
        except (KafkaError, OSError) as error:
            raise ClusterUnreachable(
                f"Could not reach the broker at {way.bootstrap} (connection {way.connection_id!r}): "
                f"{type(error).__name__}. Nothing was changed."
            ) from None
        return cls(client, way.bootstrap)

    def close(self) -> None:
        self.client.close()

    def ask(self, request: Any, *, node: int | None = None, seconds: float | None = None) -> Any:
        """The answer to one request, sent once. Raises kafka-python's errors where there is none."""
        milliseconds = int((seconds or self.patience) * 1000)
        manager = self.client._manager
        self.requests[type(request).__name__] += 1

        async def send() -> Any:
            return await manager.send(request, node_id=node, request_timeout_ms=milliseconds)

        return manager.run(send)

    def read(self, make: Callable[[], Any], *, node: int | None = None) -> Any:
        """The answer to a request that changes nothing, asked again while a broker is away.

        Raises ``ClusterUnreachable`` after ``patience``, ``Unsupported`` where the broker does not know it.
        """
        from kafka.errors import IncompatibleBrokerVersion, KafkaError

        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self.ask(make(), node=node, seconds=max(1.0, deadline - time.monotonic()))
            except IncompatibleBrokerVersion as error:
                raise Unsupported(f"The broker does not know the request {type(make()).__name__}.") from error
            except (KafkaError, OSError) as error:
                if time.monotonic() + 0.2 > deadline:
                    raise ClusterUnreachable(
                        f"The broker at {self.where} gave no answer to {type(make()).__name__} within "
                        f"{self.patience:.0f} s ({type(error).__name__}): see whether it is up."
                    ) from error
            time.sleep(0.2)

    def read_all(self, makes: Sequence[Callable[[], Any]]) -> list[Any]:
        """As ``read`` of each, sent without waiting for the answer to the one before."""
        from kafka.errors import KafkaError

        manager, milliseconds = self.client._manager, int(self.patience * 1000)

        async def send() -> list[Any]:
            sent = [manager.send(make(), request_timeout_ms=milliseconds) for make in makes]
            return [await each for each in sent]

        try:
            answers: list[Any] = manager.run(send)
        except (KafkaError, OSError):
            return [self.read(make) for make in makes]
        self.requests.update(type(make()).__name__ for make in makes[:1] for _ in makes)
        return answers

    def knows(self, request: type[Any], version: int = 0) -> bool:
        """Whether the brokers take this kind of request in at least this version."""
        from kafka.errors import IncompatibleBrokerVersion

        try:
            return bool(self.client._manager.broker_version_data.api_version(request) >= version)
        except IncompatibleBrokerVersion:
            return False


def word(code: int) -> str:
    """Kafka's own word for an error code, such as ``TOPIC_AUTHORIZATION_FAILED``."""
    from kafka.errors import for_code

    return str(for_code(code).message)


REFUSALS = {29, 30, 31, 65, 58}
"""Codes that say: not allowed. Topic, group, cluster, delegation token, SASL (kafka.apache.org/protocol)."""

UNSUPPORTED = {35, 42, 54}
"""UNSUPPORTED_VERSION, INVALID_REQUEST (managed clusters answer so), SECURITY_DISABLED (no authorizer)."""


def shortened(message: str | None) -> str:
    """A broker's message without the whole request, which it repeats where it refuses one."""
    text = (message or "").rstrip(".")
    if text.startswith("Request Request("):
        _, needs, right = text.rpartition(" needs ")
        return f"needs {right}" if needs else ""
    return text


def check(code: int, doing: str, message: str | None = None) -> None:
    """Nothing for code 0; else ``NotAllowed``, ``Unsupported`` or ``ClusterUnreachable`` that says why."""
    if code == 0:
        return
    why = shortened(message)
    said = f"Could not {doing}: {word(code)}" + (f" ({why})" if why else "")
    if code in REFUSALS:
        raise NotAllowed(f"{said}. Give the login the right, see the guide on roles.")
    if code in UNSUPPORTED:
        raise Unsupported(f"{said}.")
    raise ClusterUnreachable(f"{said}. Run again.")
