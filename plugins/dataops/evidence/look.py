"""The record of a look at many things: the watch and the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from dataops.evidence.record import Record
from dataops.evidence.recording import lineage_of
from dataops.evidence.verdict import Check, Verdict, overall, reason


def record_of_look(
    capability: str,
    environment: str,
    checks: Iterable[Check],
    *,
    say: Callable[[str], None],
    lineage: Mapping[str, str] | None = None,
) -> Record:
    """Run the checks one after the other, tell each, and record them. The subject is the environment."""
    started = datetime.now(UTC)
    done = []
    for check in checks:
        say(tell(check))
        done.append(check)
    return Record(
        capability=capability,
        subject=environment,
        environment=environment,
        verdict=overall(done),
        reason=reason(done),
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(done),
        lineage=lineage_of(lineage),
    )


def tell(check: Check) -> str:
    """One line: the verdict, the name, and for a red one what was there and why that matters."""
    line = f"{check.verdict.value}: {check.name}"
    if check.verdict in {Verdict.PASSED, Verdict.NOT_APPLICABLE}:
        return line
    return f"{line}: {check.reason or check.observed}"
