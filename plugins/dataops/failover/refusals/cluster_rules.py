"""Rules about the cluster: is it well enough that breaking it proves something, and can be mended? Pure."""

from __future__ import annotations

from dataops.evidence.checking import Seen
from dataops.failover.planning.course import Course
from dataops.failover.refusals.facts import Facts, known
from dataops.failover.topology import Role
from dataops.inventory import format_duration
from dataops.inventory.size import bytes_of

REWOUND = frozenset(("native", "patroni"))
"""The drivers that bring an old primary back by pg_rewind."""
MiB = 1 << 20
OLDEST, NEWEST = 14, 18
"""The majors whose statistics, settings and programs the drivers know."""


def one_primary(facts: Facts) -> Seen:
    """Exactly one node is primary, and every other one is a standby."""
    told = [f"{each.name} is {each.role}{_because(each.reason)}" for each in facts.seen.nodes]
    if len(facts.seen.primaries) != 1:
        return Seen(False, told, f"{len(facts.seen.primaries)} nodes say that they are primary")
    lost = [each.name for each in facts.seen.nodes if each.role in {Role.UNKNOWN, Role.DOWN}]
    why = f"{', '.join(lost)} must be well before anything is broken" if lost else ""
    return Seen(not lost, told, why)


def version_is_known(facts: Facts) -> Seen:
    """PostgreSQL of all nodes is of one major from 14 to 18: what a round asks and does is known there."""
    told = {each.name: each.version // 10000 for each in facts.seen.nodes if each.version}
    observed = [f"{name}: PostgreSQL {major}" for name, major in told.items()]
    strange = sorted({major for major in told.values() if not OLDEST <= major <= NEWEST})
    if strange:
        why = f"nobody tried a failover test on PostgreSQL {strange[0]}: only {OLDEST} to {NEWEST} are known"
        return Seen(False, observed, why)
    if len(set(told.values())) > 1:
        return Seen(False, observed, "the nodes are of different majors, and WAL does not pass between those")
    if not told:
        return Seen(False, "no node told its version", "see why no node answers")
    return Seen(True, observed)


def standby_streams(facts: Facts) -> Seen | None:
    """The node that would take over streams from the primary, on the same timeline."""
    if facts.candidate and facts.candidate == facts.primary:
        return None
    if not facts.candidate:
        return Seen(False, "no node could take over", facts.why_none)
    node, primary = facts.seen.node(facts.candidate), facts.seen.primaries[0]
    if not node.streaming:
        why = f"it receives no WAL from {primary.name}: look at its log and at pg_stat_wal_receiver"
        return Seen(False, f"{node.name} does not stream", why)
    if node.timeline != primary.timeline:
        observed = f"{node.name} is on timeline {node.timeline}, {primary.name} on {primary.timeline}"
        return Seen(False, observed, "it follows another history than the primary's")
    return Seen(True, f"{node.name} streams on timeline {node.timeline}")


def standby_is_near(facts: Facts) -> Seen | None:
    """The node that would take over lags by no more than the limit."""
    if not facts.candidate or facts.candidate == facts.primary:
        return None
    limit, lag = bytes_of(facts.settings.lag), facts.seen.lag(facts.candidate)
    if lag is None:
        return Seen(
            False, "its lag cannot be told", f"{facts.candidate} or the primary told no position in the WAL"
        )
    why = (
        f"so much would be lost; wait, or find out why {facts.candidate} does not keep up"
        if lag > limit
        else ""
    )
    return Seen(lag <= limit, f"{lag:,} bytes", why)


def clients_reach_primary(facts: Facts) -> Seen:
    """The clients' route leads to the primary now."""
    routed = facts.seen.routed
    why = "" if routed == facts.primary else f"it should lead to {facts.primary or 'the primary'}"
    return Seen(bool(routed) and routed == facts.primary, routed or "no node answers by the route", why)


def can_rewind(facts: Facts) -> Seen | None:
    """The old primary could be rewound: checksums or wal_log_hints, and full_page_writes; pg_rewind(1)."""
    rewinds = facts.way in {Course.FAIL_OVER, Course.ABORT} and facts.seen.driver in REWOUND
    if not rewinds or not facts.primary:
        return None
    node = facts.seen.node(facts.primary)
    hints = node.settings.get("wal_log_hints", "off")
    pages = node.settings.get("full_page_writes", "on")
    observed = [
        f"checksums {'on' if node.checksums else 'off'}",
        f"wal_log_hints {hints}",
        f"full_page_writes {pages}",
    ]
    if not node.checksums and hints != "on":
        return Seen(False, observed, "it could only be rebuilt: set wal_log_hints, or enable checksums")
    return Seen(pages == "on", observed, "" if pages == "on" else "pg_rewind needs full_page_writes")


def room_on_disks(facts: Facts) -> Seen | None:
    """Every disk of data and WAL has room for the WAL that a standby may lag behind."""
    if not facts.machines:
        return None
    need, tight, told = bytes_of(facts.settings.lag), [], []
    for name, fact in facts.machines.items():
        for disk in known(fact).disks:
            line = f"{name}: {disk.free // MiB} MiB free of {disk.size // MiB} in {disk.mount}"
            told.append(line)
            if disk.free < need:
                tight.append(line)
    why = f"a node that runs full stops: at least {need // MiB} MiB must be free" if tight else ""
    return Seen(not tight, tight or told, why)


def driver_breaks_it(facts: Facts) -> Seen | None:
    """The driver can inject the fault here, and take it away again."""
    if facts.way is Course.SWITCH:
        return None
    why = facts.unsupported
    return Seen(not why, f"{facts.scenario.breaks}: {'yes' if not why else 'no'}", why)


def backup_proven(facts: Facts) -> Seen:
    """A backup of the server was proven by a drill lately: whatever goes wrong, it can be restored."""
    proven, within = known(facts.proven), format_duration(facts.proven_within)
    drill = f"run `dataops drill run {facts.server.name}` first"
    if proven is None:
        return Seen(False, "no proven backup", f"nobody knows whether it could be restored: {drill}")
    age = facts.now - proven.at
    observed = f"{proven.backup_id}, proven at {proven.at:%Y-%m-%d %H:%M} UTC"
    well = age <= facts.proven_within
    return Seen(well, observed, "" if well else f"that is longer ago than {within}: {drill}")


def nothing_else_runs(facts: Facts) -> Seen:
    """No backup of the server runs that the fault would break."""
    busy = known(facts.busy)
    return Seen(not busy, busy or "nothing", "wait until it has ended" if busy else "")


def canary_hurts_nobody(facts: Facts) -> Seen:
    """No subscriber of all tables would stop at the canary's, which it lacks."""
    publications, consumers = known(facts.publications), known(facts.consumers)
    if publications and consumers:
        told = f"publications of all tables: {', '.join(publications)}; slots: {', '.join(consumers)}"
        why = "their subscribers would stop at the canary's tables: publish schemas, or give them the tables"
        return Seen(False, told, why)
    return Seen(True, f"{len(publications)} publications of all tables, {len(consumers)} logical slots")


def unlogged_tables(facts: Facts) -> Seen | None:
    """Unlogged tables are empty on a promoted node, by PostgreSQL's design: told, not refused."""
    found = known(facts.unlogged)
    if not found or facts.way is Course.ENDURE:
        return None
    shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
    return Seen(True, f"will be empty on the promoted node: {shown}")


def _because(reason: str) -> str:
    return f" ({reason.rstrip('.')})" if reason else ""
