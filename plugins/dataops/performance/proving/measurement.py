"""What one execution of a statement took, and what several of them say together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Execution:
    """One execution: ``seconds`` of planning and executing, ``blocks`` of 8 kB touched (hit and read).

    ``cut_off``: it was cancelled at the time limit, so both are lower bounds. ``indexes`` are those that its
    plan used.
    """

    seconds: float
    blocks: int
    indexes: frozenset[str] = frozenset()
    cut_off: bool = False


@dataclass(frozen=True)
class Measured:
    """The executions of one statement with several sets of values: for each the fastest of its runs."""

    sets: tuple[Execution, ...]

    @property
    def seconds(self) -> float:
        """Mean over the sets of values."""
        return sum(each.seconds for each in self.sets) / len(self.sets)

    @property
    def blocks(self) -> float:
        """Mean over the sets of values."""
        return sum(each.blocks for each in self.sets) / len(self.sets)

    @property
    def cut_off(self) -> bool:
        """Whether any of them was cancelled at the time limit."""
        return any(each.cut_off for each in self.sets)

    def uses(self, indexes: frozenset[str]) -> bool:
        """Whether one of the indexes was used with any set of values."""
        return any(indexes & each.indexes for each in self.sets)

    def faster(self, other: Measured) -> Measured:
        """For each set of values the faster of two measurements: warm caches then favour neither side."""
        return Measured(
            tuple(
                min(one, two, key=lambda each: each.seconds)
                for one, two in zip(self.sets, other.sets, strict=True)
            )
        )


def fastest(runs: Sequence[Execution]) -> Execution:
    """Several runs with the same values as one: what else the machine does can only make a run slower."""
    return Execution(
        seconds=min(each.seconds for each in runs),
        blocks=min(each.blocks for each in runs),
        indexes=frozenset().union(*(each.indexes for each in runs)),
        cut_off=any(each.cut_off for each in runs),
    )


def of_plan(told: Mapping[str, Any]) -> Execution:
    """An execution as ``EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)`` tells it."""
    plan = told["Plan"]
    touched = plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
    spilled = plan.get("Temp Read Blocks", 0) + plan.get("Temp Written Blocks", 0)
    return Execution(
        seconds=(told.get("Planning Time", 0.0) + told["Execution Time"]) / 1000,
        blocks=touched + spilled,
        indexes=frozenset(indexes_of(plan)),
    )


def indexes_of(plan: Mapping[str, Any]) -> Iterable[str]:
    """Names of the indexes that a plan scans."""
    if "Index Name" in plan:
        yield plan["Index Name"]
    for each in plan.get("Plans", ()):
        yield from indexes_of(each)
