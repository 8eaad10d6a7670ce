"""The record of a rehearsal: detection rate, what was missed, false alarms; and the same as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.evidence.record import Record
from dataops.evidence.recording import lineage_of
from dataops.evidence.verdict import Figure, Verdict, overall, reason
from dataops.inventory import Database, Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.drill.rehearsal.rounds import Rehearsal

CAPABILITY = "rehearsal"
_SEEN, _MISSED, _UNKNOWN = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE


def record_of(platform: Platform, subject: Database | Server, run: Rehearsal, started: datetime) -> Record:
    """The record. Passed only where every fault was seen and no clean drill was red."""
    checks = (*run.clean, *run.checks)
    families = _families(run)
    return Record(
        capability=CAPABILITY,
        subject=subject.name,
        environment=platform.environment,
        owner=subject.owner,
        verdict=overall(checks),
        reason=_reason(run),
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        figures=_figures(run),
        lineage=lineage_of(backup_id=run.backup_id),
        details={
            "families": families,
            "missed": [each.name for each in run.checks if each.verdict is _MISSED],
            "not put in": {each.name: each.reason for each in run.checks if each.verdict is _UNKNOWN},
            "seen otherwise than expected": {
                each.name: each.reason for each in run.checks if each.verdict is _SEEN and each.reason
            },
            "false alarms": {each.name: each.reason for each in run.clean if each.verdict is not _SEEN},
        },
    )


def table_of(record: Record) -> Iterator[str]:
    """The result as lines for people: a family a line, then what was missed."""
    families = record.details["families"]
    assert isinstance(families, dict)
    yield f"{'family':<12} {'seen':>5} {'missed':>7} {'not put in':>11} {'n/a':>4}"
    for family, counts in families.items():
        assert isinstance(counts, dict)
        yield (
            f"{family:<12} {counts['seen']:>5} {counts['missed']:>7} {counts['not put in']:>11} "
            f"{counts['not applicable']:>4}"
        )
    for name in ("missed", "not put in", "false alarms"):
        for each in record.details[name] or ():  # type: ignore[union-attr]
            yield f"{name}: {each}"
    yield f"{record.verdict}: {record.reason}"


def _figures(run: Rehearsal) -> tuple[Figure, ...]:
    counts = {verdict: sum(each.verdict is verdict for each in run.checks) for verdict in Verdict}
    put_in = counts[_SEEN] + counts[_MISSED]
    alarms = sum(each.verdict is not _SEEN for each in run.clean)
    figures = [
        Figure(name="faults put in", value=put_in, unit="count"),
        Figure(name="faults seen", value=counts[_SEEN], unit="count"),
        Figure(name="faults missed", value=counts[_MISSED], unit="count"),
        Figure(name="faults not put in", value=counts[_UNKNOWN], unit="count"),
        Figure(name="clean drills", value=len(run.clean), unit="count"),
        Figure(name="false alarms", value=alarms, unit="count"),
    ]
    if put_in:
        figures.append(Figure(name="detection rate", value=round(100 * counts[_SEEN] / put_in, 2), unit="%"))
    return tuple(figures)


def _reason(run: Rehearsal) -> str:
    """In one sentence: what was missed, what was a false alarm, what was not put in, or that all was seen."""
    missed = [each.name for each in run.checks if each.verdict is _MISSED]
    alarms = [each for each in run.clean if each.verdict is not _SEEN]
    seen = sum(each.verdict is _SEEN for each in run.checks)
    if missed:
        return f"{len(missed)} of {seen + len(missed)} faults were missed: {_listed(missed)}."
    if alarms:
        return (
            f"{len(alarms)} of {len(run.clean)} clean drills were red: {alarms[0].name}: {alarms[0].reason}."
        )
    if not seen:
        return reason(run.checks)
    unknown = [each.name for each in run.checks if each.verdict is _UNKNOWN]
    if unknown:
        return f"{len(unknown)} faults could not be put in: {_listed(unknown)}; all other {seen} were seen."
    return f"All {seen} faults were seen, and none of {len(run.clean)} clean drills was red."


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _families(run: Rehearsal) -> dict[str, JsonValue]:
    words: Mapping[Verdict, str] = {
        _SEEN: "seen",
        _MISSED: "missed",
        _UNKNOWN: "not put in",
        Verdict.NOT_APPLICABLE: "not applicable",
    }
    found: dict[str, dict[str, JsonValue]] = {}
    for each in run.checks:
        counts = found.setdefault(each.name.partition(":")[0], dict.fromkeys(words.values(), 0))
        word = words[each.verdict]
        counts[word] = int(str(counts[word])) + 1
    return {family: dict(counts) for family, counts in found.items()}
