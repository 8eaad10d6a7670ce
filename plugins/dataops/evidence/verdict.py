"""Verdicts: what a check found, and what a run's checks say together."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue


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


class Check(BaseModel):
    """One thing that was looked at, with what was expected and what was there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    verdict: Verdict
    expected: JsonValue = None
    observed: JsonValue = None
    seconds: float = 0.0
    reason: str = ""


class Figure(BaseModel):
    """One measured number with its unit: ``seconds``, ``bytes``, ``rows``, ``bytes/second``, ``count``."""

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
