"""Executing a statement with several sets of values, as often as its time allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dataops.performance.proving.measurement import Execution, Measured, fastest
from dataops.performance.proving.prepared import Prepared
from dataops.performance.proving.values import Value

RUNS = 5
"""Executions with one set of values, beside a first one that warms the caches."""
ENOUGH = 2.0
"""Seconds after which a set of values has been executed often enough."""
LIMIT = 60.0
"""Seconds at which an execution is cut off."""


@dataclass(frozen=True)
class Pace:
    """How often and how long a statement is executed."""

    runs: int = RUNS
    enough: float = ENOUGH
    limit: float = LIMIT


def measure(statement: Prepared, sets: Sequence[Sequence[Value | None]], pace: Pace) -> Measured:
    """The fastest execution with each set of values. Raises ``CannotTry`` where it cannot be executed."""
    return Measured(tuple(_with(statement, values, pace) for values in sets))


def _with(statement: Prepared, values: Sequence[Value | None], pace: Pace) -> Execution:
    first = statement.execute(values, limit=pace.limit)
    if first.cut_off or first.seconds > pace.enough:
        return first
    runs: list[Execution] = []
    while len(runs) < pace.runs and sum(each.seconds for each in runs) < pace.enough:
        runs.append(statement.execute(values, limit=pace.limit))
    return fastest([first, *runs])
