"""Timelines: which node is on which, and where a new one leaves the old. Judgement is pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from dataops.connections import Connection
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.topology import Node, Role, Topology
from dataops.failover.verifying.judged import judged, part

_WITHOUT = frozenset({"aurora"})
"""Drivers of clusters whose nodes have no WAL of their own."""
_LINE = re.compile(r"^\s*(\d+)\s+([0-9A-Fa-f]+)/([0-9A-Fa-f]+)(?:\s+(.*))?$")


@dataclass(frozen=True)
class Fork:
    """Where a timeline ended: the LSN, in bytes, from which the next one goes its own way."""

    timeline: int
    lsn: int
    reason: str = ""


def forks_of(history: str) -> tuple[Fork, ...]:
    """The forks in a timeline's history file, the oldest first.

    Its format: PostgreSQL's ``src/backend/access/transam/timeline.c``: id of the parent, LSN, reason.
    """
    found = []
    for line in history.splitlines():
        if match := _LINE.match(line.split("#", 1)[0]):
            high, low = int(match[2], 16), int(match[3], 16)
            found.append(Fork(int(match[1]), (high << 32) + low, (match[4] or "").strip()))
    return tuple(found)


def fork_at(history: str, timeline: int) -> int | None:
    """The LSN at which the timeline of this number ended; None where the history does not say."""
    return next((each.lsn for each in forks_of(history) if each.timeline == timeline), None)


def read_history(connection: Connection, timeline: int) -> str:
    """The history file of a timeline, from a node that is on it. The role needs REPLICATION.

    Streaming replication protocol, command ``TIMELINE_HISTORY`` (documentation, 55.4). Empty for the first
    timeline, which has none. Raises what ``explain`` finds.
    """
    import psycopg2
    from psycopg2.extras import PhysicalReplicationConnection

    from dataops.postgres import explained
    from dataops.postgres.connecting import parameters

    if timeline <= 1:
        return ""
    with explained(f"reading the history of timeline {timeline}"):
        wanted: dict[str, Any] = {**parameters(connection, None, "dataops failover")}
        with (
            closing(psycopg2.connect(**wanted, connection_factory=PhysicalReplicationConnection)) as conn,
            conn.cursor() as cursor,
        ):
            cursor.execute(f"TIMELINE_HISTORY {int(timeline)}")
            row = cursor.fetchone()
    if row is None:
        return ""
    content = row[1]
    return bytes(content).decode("utf-8", "replace") if not isinstance(content, str) else content


def one_line_of_history(
    name: str,
    before: Topology,
    after: Topology,
    *,
    primary: str,
    promotions: int = 1,
    died: int = 0,
    fenced: Collection[str] = (),
) -> Check:
    """Every node that answers is on the one timeline that this many promotions lead to.

    ``died``: promotions that were cut short before, each of which may have begun a timeline of its own.
    ``fenced``: nodes of which it is proven that nothing lives, though nobody may be able to reach them.

    A node on another one would be a second history: a split brain, or an old primary that did not rejoin.
    """
    begun = max((each.timeline for each in before.primaries), default=0)
    least = begun + promotions
    wanted = min(max(after.node(primary).timeline, least), least + died)
    expected = f"timeline {wanted} everywhere" if promotions else f"timeline {begun}, as before"
    if before.driver in _WITHOUT and not any(each.timeline for each in (*before.nodes, *after.nodes)):
        why = f"nodes of {before.driver} share one storage, and have no timelines"
        return Check(name=name, verdict=Verdict.NOT_APPLICABLE, expected=expected, reason=why)
    observed = ", ".join(f"{each.name} {each.timeline or each.role.value}" for each in after.nodes)
    if not begun or not after.node(primary).timeline:
        why = f"nobody could read the timeline of {primary}"
        return Check(
            name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, observed=observed, reason=why
        )
    parts = [_part(each, wanted, fenced=each.name in fenced) for each in after.nodes]
    return judged(name, parts, expected=expected, observed=observed)


def _part(node: Node, wanted: int, *, fenced: bool) -> Part:
    """A fenced node that does not say it is primary waits to rejoin, whatever timeline it stopped on."""
    if node.role is Role.DOWN or (fenced and node.role is not Role.PRIMARY):
        why = "it is fenced" if fenced else "it does not run"
        return Part(name=node.name, verdict=Verdict.NOT_APPLICABLE, reason=why)
    known = node.timeline == wanted if node.timeline else None
    observed = f"timeline {node.timeline or 'unknown'}"
    return part(node.name, known, expected=f"timeline {wanted}", observed=observed)
