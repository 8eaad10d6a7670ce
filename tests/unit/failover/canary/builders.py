"""Ledgers and rows for tests, as short as what the test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dataops.failover.canary.chain import BEGINNING, Head, line_of
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.schema import Row, Surviving
from dataops.failover.canary.write import Look, Outcome, Write

RUN = "20261128T180000Z-abc123"
_OUTCOMES = {"a": Outcome.ACKNOWLEDGED, "f": Outcome.FAILED, "u": Outcome.UNKNOWN}


def write(
    n: int = 1,
    outcome: str = "a",
    at: float | None = None,
    *,
    session: int = 1,
    took: float = 0.001,
    id: int | None = None,
    warnings: tuple[str, ...] = (),
    timeline: int = 1,
) -> Write:
    """Write ``n`` of a session, answered at ``n`` tenths of a second unless told otherwise."""
    answered = n / 10 if at is None else at
    known = outcome == "a"
    return Write(
        session=session,
        n=n,
        outcome=_OUTCOMES[outcome],
        sent=answered - took,
        answered=answered,
        wall="2026-11-28T18:00:00+00:00",
        server="127.0.0.1:5432" if known else "",
        timeline=timeline if known else 0,
        id=(id if id is not None else 1000 * session + n) if known else 0,
        lsn=100 * n if known else 0,
        warnings=warnings,
        reason="" if known else "connection refused",
    )


def session(
    outcomes: str, *, number: int = 1, interval: float = 0.1, begin: float = 0.1
) -> tuple[Write, ...]:
    """Writes in even steps: ``session("aaauffaaa")``; a dot is a step without an answer."""
    writes: list[Write] = []
    for step, outcome in enumerate(outcomes):
        if outcome != ".":
            n = len(writes) + 1
            writes.append(write(n, outcome, begin + step * interval, session=number))
    return tuple(writes)


def ledger(*sessions: Iterable[Write], looks: Iterable[Look] = (), ended: bool = True) -> Ledger:
    """A ledger that is believed."""
    found: dict[int, tuple[Write, ...]] = {}
    for number, writes in enumerate(sessions, start=1):
        found[number] = tuple(writes)
    return Ledger(RUN, found, tuple(looks), {}, ended)


def rows(*writes: Write, read_at: float = 1000.0) -> Surviving:
    """The rows that these writes left."""
    return Surviving(
        read_at, tuple(Row(each.session, each.n, each.id or 1000 * each.session + each.n) for each in writes)
    )


def file_of(*entries: Mapping[str, object]) -> tuple[bytes, Head]:
    """A file of the ledger with these entries, and its head."""
    chain, lines = BEGINNING, []
    for entry in entries:
        line, chain = line_of(chain, entry)
        lines.append(line)
    return b"".join(lines), Head(len(lines), chain)
