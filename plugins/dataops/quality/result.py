"""What running a suite found: one result an expectation, told so that a person understands it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataops.evidence.verdict import Part, Verdict


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation held against the rows.

    Passed or failed where it was answered; where it could not be, inconclusive, and ``reason`` says why.
    """

    table: str
    id: str
    words: str
    """What is looked at, such as ``distance lies in its range``."""
    expected: str
    observed: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class TableResult:
    """The results of one table, in the order of its suite, and the seconds that they took."""

    table: str
    results: tuple[ExpectationResult, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Failed beats inconclusive beats passed; nothing asked is inconclusive."""
        verdicts = {result.verdict for result in self.results}
        for worst in (Verdict.FAILED, Verdict.INCONCLUSIVE):
            if worst in verdicts:
                return worst
        return Verdict.PASSED if verdicts else Verdict.INCONCLUSIVE

    @property
    def reason(self) -> str:
        """The first red result in a sentence, and how many more there are; empty where all passed."""
        red = [result for result in self.results if result.verdict is not Verdict.PASSED]
        if not red:
            return "" if self.results else "The suite expects nothing of this table."
        first = next((result for result in red if result.verdict is Verdict.FAILED), red[0])
        why = first.reason or f"expected {first.expected}, observed {first.observed}"
        more = f" ({len(red) - 1} more of {len(self.results)} are red)" if len(red) > 1 else ""
        return f"{first.words}: {why.rstrip('.')}{more}."

    @property
    def parts(self) -> tuple[Part, ...]:
        """Each expectation as evidence keeps it."""
        return tuple(
            Part(
                name=each.words,
                verdict=each.verdict,
                expected=each.expected,
                observed=each.observed,
                reason=each.reason,
            )
            for each in self.results
        )

    @property
    def summary(self) -> str:
        """Such as ``8 of 9 hold``."""
        passed = sum(result.verdict is Verdict.PASSED for result in self.results)
        unknown = sum(result.verdict is Verdict.INCONCLUSIVE for result in self.results)
        return f"{passed} of {len(self.results)} hold" + (
            f", {unknown} could not be asked" if unknown else ""
        )


@dataclass(frozen=True)
class SuiteResult:
    """The results of all tables of a database's suite."""

    database: str
    tables: tuple[TableResult, ...]
    programs: Mapping[str, str] = field(default_factory=dict)

    @property
    def results(self) -> tuple[ExpectationResult, ...]:
        """Every result, table by table."""
        return tuple(result for table in self.tables for result in table.results)

    @property
    def verdict(self) -> Verdict:
        """Failed beats inconclusive beats passed."""
        verdicts = {table.verdict for table in self.tables}
        for worst in (Verdict.FAILED, Verdict.INCONCLUSIVE):
            if worst in verdicts:
                return worst
        return Verdict.PASSED if verdicts else Verdict.INCONCLUSIVE
