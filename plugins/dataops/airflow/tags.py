"""The tags of a DAG: its capability, its environment, its owner. No others, so that filters stay useful."""

from __future__ import annotations

from enum import StrEnum


class Capability(StrEnum):
    """What a DAG does; the first part of its id and its first tag."""

    BACKUP = "backup"
    BACKUP_WATCH = "backup_watch"
    FAILOVER_TEST = "failover_test"
    KAFKA_DRIFT = "kafka_drift"
    KAFKA_TOPICS = "kafka_topics"
    PERFORMANCE_REPORT = "performance_report"
    PERFORMANCE_SAMPLES = "performance_samples"
    REHEARSAL = "rehearsal"
    RESTORE_DRILL = "restore_drill"
    SWEEP = "sweep"


ONCE_PER_ENVIRONMENT = frozenset({
    Capability.BACKUP_WATCH,
    Capability.PERFORMANCE_SAMPLES,
    Capability.REHEARSAL,
    Capability.SWEEP,
})
"""Capabilities whose only DAG looks at all subjects and has no subject in its id."""


def tags_of(capability: Capability, *, environment: str, owner: str) -> list[str]:
    """The capability's tag, ``environment:…`` and ``owner:…``, in this order."""
    return [capability.value, f"environment:{environment}", f"owner:{owner}"]
