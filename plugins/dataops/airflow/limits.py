"""How long a task may take, how often it is tried again, and on which errors it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from dataops.backup.restore.download import Damaged
from dataops.errors import ConfigurationError
from dataops.evidence.steps import NotPassed
from dataops.kafka.job import StalePlan
from dataops.store import DecryptionFailed

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)

NO_SECOND_TRY = ExceptionRetryPolicy([
    RetryRule(ConfigurationError, RetryAction.FAIL, reason="A person must mend the configuration first."),
    RetryRule(
        NotPassed, RetryAction.FAIL, reason="A failed proof stays failed: trying again proves nothing."
    ),
    RetryRule(StalePlan, RetryAction.FAIL, reason="A plan that is stale stays so: plan again."),
    *(
        RetryRule(error, RetryAction.FAIL, reason="What the store holds is damaged, and stays so.")
        for error in (Damaged, DecryptionFailed)
    ),
])
"""Everything else, a store that answers 503 or a server that restarts, is worth trying again."""


@dataclass(frozen=True)
class Limit:
    """Of one task: the longest time of an attempt, and how many attempts follow the first."""

    time: timedelta
    retries: int = 0

    @property
    def arguments(self) -> dict[str, Any]:
        """As an operator's arguments."""
        return {
            "execution_timeout": self.time,
            "retries": self.retries,
            "retry_delay": FIRST_PAUSE,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": LONGEST_PAUSE,
            "retry_policy": NO_SECOND_TRY,
        }

    @property
    def longest(self) -> timedelta:
        """All attempts with the pauses between them."""
        return self.time * (1 + self.retries) + LONGEST_PAUSE * self.retries


RECORDING: Mapping[str, Limit] = MappingProxyType({
    "evidence": Limit(timedelta(minutes=10), retries=2),
    "verdict": Limit(timedelta(minutes=5)),
})


WATCH: Mapping[str, Limit] = MappingProxyType({
    "watch": Limit(timedelta(minutes=8), retries=0),
    "verdict": RECORDING["verdict"],
})

REHEARSAL: Mapping[str, Limit] = MappingProxyType({
    "rehearse": Limit(timedelta(hours=12)),
    "verdict": RECORDING["verdict"],
})

SWEEP: Mapping[str, Limit] = MappingProxyType({
    "sweep": Limit(timedelta(hours=2), retries=1),
    "verdict": RECORDING["verdict"],
})


KAFKA_TOPICS: Mapping[str, Limit] = MappingProxyType({
    "check": Limit(timedelta(minutes=5)),
    "plan": Limit(timedelta(minutes=20), retries=2),
    "apply": Limit(timedelta(hours=2), retries=2),
    "approve": Limit(timedelta(hours=24)),
    "apply_approved": Limit(timedelta(hours=8), retries=2),
    **RECORDING,
})
"""That of ``approve`` is how long a person may take; ``apply_approved`` may have to move replicas."""

KAFKA_DRIFT: Mapping[str, Limit] = MappingProxyType({
    "drift": Limit(timedelta(hours=1), retries=1),
    "verdict": RECORDING["verdict"],
})


PERFORMANCE_SAMPLES: Mapping[str, Limit] = MappingProxyType({
    "sample": Limit(timedelta(minutes=3)),
    "evidence": Limit(timedelta(minutes=2)),
    "verdict": RECORDING["verdict"],
})
"""No second try: the next round comes in ten minutes."""


def report_limits(longest_drill: timedelta) -> Mapping[str, Limit]:
    """The limits of a report's tasks. A proof restores a backup as a drill does, then tries for a while."""
    return {
        "data": Limit(timedelta(hours=1)),
        "prove": Limit(longest_drill + timedelta(hours=1)),
        "report": Limit(timedelta(minutes=30), retries=1),
        "verdict": RECORDING["verdict"],
    }


def failover_limits(longest_round: timedelta, longest_wait: timedelta) -> Mapping[str, Limit]:
    """The limits of a failover test's tasks. ``longest_wait`` is how long a person may take to answer.

    The round has one try, whatever happens: what it did is for it, the guard or a person to put right. It
    ends itself at its own limit; that of Airflow is far above, since SIGTERM is the worst way to be told.
    """
    return {
        "preflight": Limit(timedelta(minutes=15), retries=1),
        "approve": Limit(longest_wait),
        "test": Limit(2 * longest_round + timedelta(hours=1)),
        **RECORDING,
    }


def backup_limits(longest_take: timedelta) -> Mapping[str, Limit]:
    """The limits of a backup's tasks. Reading everything back takes no longer than writing it."""
    return {
        "preflight": Limit(timedelta(minutes=10), retries=2),
        "take": Limit(longest_take, retries=1),
        "verify": Limit(longest_take, retries=1),
        "publish": Limit(longest_take, retries=1),
        "expire": Limit(timedelta(hours=1), retries=2),
        **RECORDING,
    }


def drill_limits(longest_drill: timedelta) -> Mapping[str, Limit]:
    """The limits of a drill's tasks; those of ``check`` only show what was found."""
    return {
        "prepare": Limit(timedelta(minutes=15), retries=2),
        "drill": Limit(longest_drill, retries=1),
        "teardown": Limit(timedelta(hours=1), retries=2),
        **RECORDING,
        "check": Limit(timedelta(minutes=5)),
    }


def run_timeout(limits: Mapping[str, Limit]) -> timedelta:
    """A ``dagrun_timeout`` above the sum of every attempt and pause: it must never be what ends a run.

    A run that times out skips its remaining tasks, and with them its evidence.
    """
    return sum((limit.longest for limit in limits.values()), start=timedelta(hours=1))
