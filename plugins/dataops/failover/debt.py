"""Readiness debt: what makes a real disaster longer or dearer. Told also when a test passes.

Sources: wal_retrieve_retry_interval, tcp_keepalives_* and wal_keep_size in PostgreSQL's documentation,
chapter 20 (Server Configuration); pg_rewind(1); Logical Replication, 29.3 (Failover). Measured: a standby
that is promoted at once waits for wal_retrieve_retry_interval, 5 s by default; with 100 ms less than 1 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.failover.inventories import OF_THE_NODE, Holdings
from dataops.failover.refusals.facts import Machine, Unknown
from dataops.failover.topology import Node, Topology
from dataops.inventory import Failover

if TYPE_CHECKING:
    from dataops.failover.job import Job

MOST_RETRY = 1000.0
"""Milliseconds of wal_retrieve_retry_interval above which a promotion may stall noticeably."""
MOST_SILENCE = 60.0
"""Seconds after which a peer that vanished should be noticed."""
MOST_TTL = 60
"""Seconds of a DNS record's time to live."""
FAILOVER_SLOTS = 170000
"""``server_version_num`` from which on logical slots can be kept on standbys."""
MANAGED = frozenset(("rds", "aurora"))
_UNITS = {"": 1.0, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}


@dataclass(frozen=True)
class Debt:
    """One thing: what was seen, and what to do about it. Never red."""

    name: str
    observed: str
    advice: str


def debts_of(job: Job, seen: Topology) -> tuple[Debt, ...]:
    """The debts of a scenario's cluster. What cannot be looked at is a debt of its own."""
    from dataops.failover.inventories import take
    from dataops.failover.planning.candidate import primary_of
    from dataops.failover.refusals.looking import machines_of

    # Theirs as it is kept, without what we add to our own sessions.
    clients, ttl = job.platform.connection(job.settings.route.connection), _ttl(job)
    try:
        primary = primary_of(seen).name
        holdings = take(job.driver.connection(primary))
    except DataOpsError as error:
        unseen = Debt("inventory", str(error), "let the role read what a failover may lose: docs/roles.md")
        return (*debts(seen, None, clients, job.settings, ttl), unseen)
    found = debts(seen, holdings, clients, job.settings, ttl)
    return (*found, *room_for_a_rebuild(primary, machines_of(job).get(primary), holdings))


def _ttl(job: Job) -> int | None:
    """Seconds for which resolvers keep the record that clients look up; None where there is none to ask."""
    if job.settings.route.kind != "route53":
        return None
    from dataops.failover.routes.route53 import Route53Route

    try:
        return Route53Route.of(job.settings, job.platform.connection).record().ttl
    except DataOpsError as error:
        job.say(f"The time to live of the clients' record is not known: {error}")
        return None


def room_for_a_rebuild(
    primary: str, machine: Machine | Unknown | None, holdings: Holdings
) -> tuple[Debt, ...]:
    """Whether the old primary could be rebuilt beside its old data, where it cannot be rewound. Pure."""
    if machine is None or isinstance(machine, Unknown) or not machine.disks or holdings.bytes is None:
        return ()
    disk = machine.disks[0]
    if disk.free >= holdings.bytes:
        return ()
    observed = f"{disk.free >> 20} MiB free in {disk.mount} of {primary}, for {holdings.bytes >> 20} MiB"
    advice = "without it a primary that cannot be rewound cannot come back: its old data are kept beside"
    return (Debt("room for a rebuild", observed, advice),)


def debts(
    seen: Topology,
    holdings: Holdings | None,
    clients: Connection,
    settings: Failover,
    ttl: int | None = None,
) -> tuple[Debt, ...]:
    """The debts of a cluster as it was seen. Pure.

    ``holdings`` of its primary, None where they could not be taken; ``clients``: how these connect; ``ttl``:
    seconds for which resolvers keep the record that they look up.
    """
    return _together((
        *_of_standbys(seen),
        *_of_every_node(seen),
        *_of_differences(seen),
        *_of_synchrony(seen),
        *(_of_holdings(seen, holdings) if holdings else ()),
        *_of_clients(clients, settings, ttl),
    ))


def _together(found: Iterable[Debt]) -> tuple[Debt, ...]:
    """What several nodes owe alike is told once."""
    merged: dict[str, Debt] = {}
    for each in found:
        before = merged.get(each.name)
        observed = f"{before.observed}; {each.observed}" if before else each.observed
        merged[each.name] = Debt(each.name, observed, each.advice)
    return tuple(merged.values())


def _of_standbys(seen: Topology) -> Iterable[Debt]:
    for node in seen.standbys:
        retry = _milliseconds(node.settings.get("wal_retrieve_retry_interval"))
        if retry is not None and retry > MOST_RETRY:
            yield Debt(
                "wal_retrieve_retry_interval",
                f"{retry / 1000:.0f} s on {node.name}",
                "set it to 100ms: a promotion right after the primary's death waits for it",
            )
        if not node.settings.get("primary_slot_name", "x"):
            yield Debt(
                "slot of a standby",
                f"{node.name} has none",
                "set primary_slot_name, or wal_keep_size: a standby that was away must be rebuilt else",
            )
        if re.match(r"0\D*$", node.settings.get("wal_keep_size", "")):
            yield Debt(
                "wal_keep_size",
                f"0 on {node.name}",
                "set it to some hundred megabytes: the first checkpoint after a promotion recycles the WAL "
                "that the old primary needs to come back",
            )
    if len(seen.standbys) < 2 and seen.driver not in MANAGED:
        yield Debt(
            "one standby",
            f"{len(seen.standbys)} of {len(seen.nodes)} nodes is a standby",
            "after a failover nothing is left to fail over to until the old primary is back: add one more",
        )


def _of_every_node(seen: Topology) -> Iterable[Debt]:
    for node in (*seen.primaries, *seen.standbys):
        if seen.driver in MANAGED:
            continue
        if not node.checksums:
            yield Debt(
                "data checksums",
                f"off on {node.name}",
                "enable them by pg_checksums while it is stopped: a rotten page goes unnoticed else",
            )
        silence = _silence(node)
        if silence is None or silence > MOST_SILENCE:
            yield Debt(
                "keepalives of the server",
                f"{node.name} notices a vanished client after {_told(silence)}",
                "set tcp_keepalives_idle, _interval and _count so that it is less than a minute",
            )
        if not _milliseconds(node.settings.get("wal_sender_timeout")):
            yield Debt(
                "wal_sender_timeout",
                f"off on {node.name}",
                "set it: a standby that vanished is counted as connected for ever else",
            )
        if node.settings.get("archive_mode", "on") == "off":
            yield Debt(
                "archive_mode",
                f"off on {node.name}",
                "set it on every node: once that one is primary, no WAL reaches the backups",
            )


def _of_differences(seen: Topology) -> Iterable[Debt]:
    """Settings that another node has otherwise: after a failover clients meet another server."""
    if len(seen.primaries) != 1:
        return
    primary = seen.primaries[0]
    for node in seen.standbys:
        differing = _differing(primary.settings, node.settings)
        if differing:
            more = f" and {len(differing) - 10} more" if len(differing) > 10 else ""
            yield Debt(
                "settings differ",
                f"{node.name} from {primary.name}: {', '.join(differing[:10])}{more}",
                "keep the configuration of all nodes in one place",
            )


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    own = {*OF_THE_NODE, "cluster_name", "log_file_mode", "recovery_target_timeline", "server_version"}
    return sorted(
        # an extension's or application's own setting may hold a secret
        name if "." in name else f"{name} ({first[name]}, there {second[name]})"
        for name in first.keys() & second.keys() - own
        if first[name] != second[name]
    )


def _of_synchrony(seen: Topology) -> Iterable[Debt]:
    for node in seen.standbys:
        named = node.settings.get("synchronous_standby_names", "")
        others = [each for each in seen.standbys if each.name != node.name]
        if named and not others:
            yield Debt(
                "synchronous_standby_names",
                f"{node.name} would wait for {named}, and no other standby is left",
                "once promoted, its commits wait until the old primary is back: have a second standby",
            )


def _of_holdings(seen: Topology, holdings: Holdings) -> Iterable[Debt]:
    version = max((each.version for each in seen.nodes), default=0)
    lost = [f"{each.name} of {each.database}" for each in holdings.logical_slots if not each.failover]
    if lost:
        yield Debt(
            "logical slots",
            f"would not survive: {', '.join(lost)}",
            "create them with failover = true, and set sync_replication_slots"
            if version >= FAILOVER_SLOTS
            else "before PostgreSQL 17 none survives: have the consumers' new start rehearsed",
        )
    unlogged = [f"{name}: {each}" for name, held in holdings.databases.items() for each in held.unlogged]
    if unlogged:
        shown = ", ".join(unlogged[:10]) + (f" and {len(unlogged) - 10} more" if len(unlogged) > 10 else "")
        yield Debt("unlogged tables", shown, "they are empty on a promoted node: log them, or refill them")
    if holdings.prepared:
        yield Debt(
            "prepared transactions",
            f"{len(holdings.prepared)} stand open",
            "they hold their locks over a failover too: finish them by COMMIT PREPARED or ROLLBACK PREPARED",
        )
    subscriptions = [
        f"{name}: {each}" for name, held in holdings.databases.items() for each in held.subscriptions
    ]
    if subscriptions:
        yield Debt(
            "subscriptions",
            ", ".join(subscriptions[:10]),
            "an old primary that comes back unfenced consumes them too: keep it fenced",
        )


def _of_clients(clients: Connection, settings: Failover, ttl: int | None) -> Iterable[Debt]:
    """How clients find the primary; the connection by which the canary goes stands for theirs."""
    route = settings.route
    several = "," in clients.host
    attributes = str(clients.extra.get("target_session_attrs", ""))
    if route.kind == "libpq" and several and attributes not in {"read-write", "primary"}:
        yield Debt(
            "target_session_attrs",
            f"{attributes or 'not set'} in {route.connection}",
            "set read-write: clients end on a standby else, and their writes fail",
        )
    if route.kind == "libpq" and clients.host and not several:
        yield Debt(
            "hosts of the clients",
            f"{route.connection} names one host",
            "name every node: clients cannot find the new primary else",
        )
    if "connect_timeout" not in clients.extra:
        yield Debt(
            "connect_timeout",
            f"not set in {route.connection}",
            "set it to a few seconds: a client waits for a vanished host for two minutes else",
        )
    if ttl is not None and ttl > MOST_TTL:
        advice = f"set it to at most {MOST_TTL} s: clients go on asking the old node as long"
        yield Debt("DNS TTL", f"{ttl} s of {route.record}", advice)


def _silence(node: Node) -> float | None:
    """Seconds after which the node notices a vanished client; None where the kernel's two hours count."""
    seconds = {
        name: (_milliseconds(node.settings.get(f"tcp_keepalives_{name}"), default="s") or 0) / 1000
        for name in ("idle", "interval")
    }
    count = _milliseconds(node.settings.get("tcp_keepalives_count")) or 0
    if not seconds["idle"]:
        return None
    return seconds["idle"] + (seconds["interval"] or 75) * (count or 9)


def _told(silence: float | None) -> str:
    return "two hours, the kernel's default" if silence is None else f"{silence:.0f} s"


def _milliseconds(setting: str | None, default: str = "") -> float | None:
    """A setting with its unit, such as ``5000ms``, in milliseconds; a bare number in ``default``."""
    match = re.fullmatch(r"(-?[0-9.]+) ?(ms|s|min|h|d)?", (setting or "").strip())
    return float(match[1]) * _UNITS[match[2] or default] if match else None
