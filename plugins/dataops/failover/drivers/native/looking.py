"""One look at one node, by SQL: what it says of itself. It knows no machine and no driver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dataops.failover.drivers.native.session import Session
from dataops.failover.topology import Node, Role
from dataops.postgres import sql

MAY_HOLD_SECRETS = (
    "primary_conninfo",
    "archive_command",
    "restore_command",
    "archive_cleanup_command",
    "recovery_end_command",
    "ssl_passphrase_command",
    "archive_library",
)
"""Settings whose values are shown to nobody."""


@dataclass(frozen=True)
class Look:
    """A node, what it calls itself to its primary, and how those that follow it stand."""

    node: Node
    application: str = ""
    followers: tuple[tuple[str, str], ...] = ()
    """``application_name`` and ``sync_state`` of each standby that streams from it."""


def look(name: str, address: str, session: Session, *, within: float) -> Look:
    """What the node says, within so many seconds; raises as ``Session.ask`` does.

    ``address`` is ``host:port`` as we connect. Settings come with their units, times and sizes as
    ``pg_settings`` counts them, such as ``5000ms``.
    """
    columns = session.ask(sql(__package__, "node"), [list(MAY_HOLD_SECRETS)], within=within)
    (row,) = columns
    return _read(name, address, dict(zip(_COLUMNS, row, strict=True)))


_COLUMNS = (
    "is_primary",
    "system_identifier",
    "version",
    "timeline",
    "lsn",
    "received",
    "streaming",
    "upstream",
    "application",
    "followers",
    "data_directory",
    "checksums",
    "settings",
)


def _read(name: str, address: str, row: Mapping[str, Any]) -> Look:
    same = ("system_identifier", "version", "timeline", "lsn", "received", "streaming", "upstream")
    node = Node(
        name=name,
        role=Role.PRIMARY if row["is_primary"] else Role.STANDBY,
        address=address,
        data_directory=row["data_directory"],
        checksums=row["checksums"],
        settings=dict(row["settings"]),
        **{field: row[field] for field in same},
    )
    followers = tuple((str(name), str(state)) for name, state in row["followers"])
    return Look(node, row["application"], followers)


def with_sync_states(looks: Iterable[Look]) -> tuple[Node, ...]:
    """The nodes, each standby with the ``sync_state`` that its primary gives it.

    Standbys of one name that stand differently cannot be told apart: theirs stays empty.
    """
    seen = tuple(looks)
    states: dict[str, set[str]] = {}
    for each in seen:
        if each.node.role is Role.PRIMARY:
            for application, state in each.followers:
                states.setdefault(application, set()).add(state)

    def told(each: Look) -> Node:
        known = states.get(each.application, set())
        if each.node.role is Role.STANDBY and each.node.streaming and len(known) == 1:
            return replace(each.node, sync_state=next(iter(known)))
        return each.node

    return tuple(told(each) for each in seen)
