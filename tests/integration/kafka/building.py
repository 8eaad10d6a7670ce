"""Changes and parts of a plan with defaults, and sessions with the tests' clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from dataops.kafka.applying.apply import Patience, Work, apply
from dataops.kafka.applying.outcome import Report, Result
from dataops.kafka.changes import Action, Change, CreateTopic, Part, Risk
from dataops.kafka.cluster.connecting import Session, connect
from dataops.kafka.observed import ObservedTopic, Stake
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer

HASTY = Patience(batch=20, settle=20, move=60, conflict=2)


def change(action: Action, *, risk: Risk = Risk.SAFE, stake: Stake | None = None) -> Change:
    return Change(action, risk, "a test asks for it", "undo", stake=stake)


def part(*actions: Action | Change) -> Part:
    """A part with a hash over its changes."""
    changes = tuple(each if isinstance(each, Change) else change(each) for each in actions)
    return Part(changes, hashlib.sha256(repr(changes).encode()).hexdigest())


def create(topic: str, partitions: int = 3, replicas: int = 1, **configs: str) -> CreateTopic:
    """``retention_ms="1"`` stands for ``retention.ms``."""
    return CreateTopic(
        topic, partitions, replicas, {name.replace("_", "."): value for name, value in configs.items()}
    )


@contextmanager
def session_with(server: KafkaServer, listener: str = "PLAIN", **extra: Any) -> Generator[Session]:
    with connect(server.connection(listener, **extra), server.cluster_id) as session:
        yield session


def carry_out(
    session: Session, store: ObjectStore, wanted: Part, *, cluster: str = "test", **more: Any
) -> Report:
    """The part, applied; ``more`` as for Work."""
    work = Work(session, cluster, store, holder="test", **{"patience": HASTY, **more})
    return apply(work, wanted)


def results(report: Report) -> list[Result]:
    return [outcome.result for outcome in report.outcomes]


def reasons(report: Report) -> str:
    return "; ".join(f"{each.resource}: {each.result}: {each.reason}" for each in report.outcomes)


def topic_of(session: Session, name: str) -> ObservedTopic:
    from dataops.kafka.cluster.observing import observe_topics

    return observe_topics(session, [name])[0][name]
