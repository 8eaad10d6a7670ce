"""Verdicts: what a check found, and what a run's checks say together."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator


class Verdict(StrEnum):
    """What a check or a run says. Everything but ``passed`` is red."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"

    @property
    def exit_code(self) -> int:
        """The CLI's exit code: 0 passed, 1 failed, 3 for all else."""
        return {Verdict.PASSED: 0, Verdict.FAILED: 1}.get(self, 3)


class Part(BaseModel):
    """One of many small things that a check consists of, such as one expectation of a table's rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    verdict: Verdict
    expected: str = ""
    observed: str = ""
    reason: str = ""


class Check(BaseModel):
    """One thing that was looked at, with what was expected and what was there.

    ``parts`` are what it consists of, where those are worth a look: a passed check has no red one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    verdict: Verdict
    expected: JsonValue = None
    observed: JsonValue = None
    seconds: float = 0.0
    reason: str = ""
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _passed_means_that_no_part_is_red(self) -> Check:
        red = {Verdict.FAILED, Verdict.INCONCLUSIVE} & {part.verdict for part in self.parts}
        if self.verdict is Verdict.PASSED and red:
            raise ValueError(f"check {self.name!r} is passed, but a part of it is {red.pop()}")
        return self


class Figure(BaseModel):
    """One measured number. Units: ``seconds``, ``bytes``, ``rows``, ``bytes/second``, ``count``, ``%``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: float
    unit: str


class Artifact(BaseModel):
    """One object that the run left in the store: its key, bytes and SHA-256 in hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    size: int
    sha256: str


def overall(checks: Iterable[Check]) -> Verdict:
    """The verdict of a run: failed beats inconclusive beats passed.

    A check that is not applicable stands outside the verdict; a run without any
    applicable check proved nothing and is inconclusive.
    """
    verdicts = {check.verdict for check in checks} - {Verdict.NOT_APPLICABLE}
    if Verdict.FAILED in verdicts:
        return Verdict.FAILED
    if Verdict.INCONCLUSIVE in verdicts or not verdicts:
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def reason(checks: Iterable[Check]) -> str:
    """Why a run has its verdict, in one sentence: the worst red check and how many more there are."""
    applicable = [check for check in checks if check.verdict is not Verdict.NOT_APPLICABLE]
    red = [check for check in applicable if check.verdict is not Verdict.PASSED]
    if not applicable:
        return "No check ran, so nothing is proven."
    if not red:
        return f"All {len(applicable)} checks passed."
    worst = next((check for check in red if check.verdict is Verdict.FAILED), red[0])
    more = f" ({len(red) - 1} more of {len(applicable)} checks are red)" if len(red) > 1 else ""
    why = worst.reason or f"expected {worst.expected!r}, observed {worst.observed!r}"
    return f"{worst.name}: {why.rstrip('.')}{more}."
