"""Bringing a node back as a standby, by a person's order: what the guard leaves to do past a commit point."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError
from dataops.evidence import Published, publish
from dataops.evidence.record import Lineage, Record
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Figure, Verdict, overall, reason
from dataops.failover import journaling
from dataops.failover.canary import schema
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.guard.reaching import Make, let_go
from dataops.failover.journaling import DBNAME, RoundOpen, lease_name
from dataops.failover.topology import Role, Topology
from dataops.failover.verifying import contents, rejoining
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.store import lease

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver, Rejoined

CAPABILITY = "failover_rejoin"
RUNBOOK = "docs/failover-guard.md says how a node comes back."
CATCH_UP = 60.0
"""Seconds for the node to replay what its primary had written when it came back."""
LEASE = 30.0
_EVERY = 0.1
_READINGS = 3
"""How often the rows are read where somebody wrote meanwhile: a checkpoint is enough to be taken for it."""


@dataclass(frozen=True)
class Wish:
    """Which node is to come back, who says so, and whether it is to be built anew."""

    server: str
    node: str
    who: str
    rebuild: bool = False


def bring_back(
    platform: Platform, wish: Wish, *, say: Say, make: Make | None = None
) -> tuple[Record, Published]:
    """The node as a standby of the one primary, rewound or rebuilt, with proof and on record.

    Under the lease of the cluster. Raises ``ConfigurationError`` before anything is touched: where a round
    stands open, where not exactly one node is primary, or the node is that one.
    """
    server = _server(platform, wish.server)
    driver = (make or (lambda each: driver_of(platform, each, say)))(server)
    started = datetime.now(UTC)
    try:
        seen = driver.observe()
        primary = _primary(seen, wish)
        identifier = seen.node(primary).system_identifier
        with lease(platform.store, lease_name(identifier), holder=wish.who, seconds=LEASE):
            _insist_on_no_round(platform, wish.server)
            checks, figures, told = _rejoin(platform, driver, wish, primary, say)
    finally:
        let_go(driver)
    record = Record(
        capability=CAPABILITY,
        subject=server.name,
        environment=platform.environment,
        owner=server.owner,
        verdict=overall(checks),
        reason=reason(checks),
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(checks),
        figures=tuple(figures),
        lineage=Lineage(host=socket.gethostname(), reason=f"by order of {wish.who}"),
        details={"node": wish.node, "primary": primary, **told},
        runbook=RUNBOOK,
    )
    return record, publish(platform.store, record)


def _rejoin(
    platform: Platform, driver: Driver, wish: Wish, primary: str, say: Say
) -> tuple[Sequence[Check], Sequence[Figure], Mapping[str, JsonValue]]:
    try:
        back = driver.rejoin(wish.node, primary, rebuild=wish.rebuild)
    except DataOpsError as error:
        unknown = isinstance(error, InconclusiveError)
        failed = Check(
            name="node rejoined",
            verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
            expected=f"{wish.node} follows {primary}",
            observed="unknown" if unknown else "it does not",
            reason=str(error),
        )
        return [failed], [], {}
    say(f"{wish.node} follows {primary}: {back.how}, {back.seconds:.1f} s {back.reason}".rstrip())
    return _proof(platform, driver, wish, primary, back), _figures(back), _told(back)


def _proof(
    platform: Platform, driver: Driver, wish: Wish, primary: str, back: Rejoined
) -> tuple[Check, Check]:
    """It streams on the primary's timeline, and holds the rows of the primary and no others."""
    seen = driver.observe()
    needed = seen.node(primary).lsn
    deadline = time.monotonic() + CATCH_UP
    while not _replayed(seen, wish.node, needed) and time.monotonic() < deadline:
        time.sleep(_EVERY)
        seen = driver.observe()
    dbname = _dbname(platform, driver, wish.server, primary)
    same = _same_rows(driver, wish.node, primary, dbname)
    for _ in range(_READINGS - 1):
        if same.verdict is Verdict.INCONCLUSIVE:
            same = _same_rows(driver, wish.node, primary, dbname)
    differing = [each.name for each in same.parts if each.verdict is Verdict.FAILED]
    own = None if same.verdict is Verdict.INCONCLUSIVE else differing
    follower = rejoining.Follower(seen.node(wish.node), seen.node(primary), needed, own=own)
    return rejoining.follows("node rejoined", follower, how=back.how), same


def _same_rows(driver: Driver, node: str, primary: str, dbname: str) -> Check:
    """Inconclusive where others wrote meanwhile, and nothing of the canary's is there to be compared."""
    read = contents.read_all(
        {each: driver.connection(each) for each in (primary, node)},
        dbname,
        lsn=lambda name: driver.observe().node(name).lsn,
    )
    return contents.same_contents("same rows on both nodes", read[primary], (read[node],), own=schema.SCHEMA)


def _dbname(platform: Platform, driver: Driver, server: str, primary: str) -> str:
    """The database that the last round was about; without one, that of the connection."""
    last = journaling.read(platform.store, server)
    told = last.round.facts.get(DBNAME, "") if last is not None else ""
    return told or driver.connection(primary).schema or "postgres"


def _server(platform: Platform, name: str) -> Server:
    found = platform.inventory.subject(name)
    if not isinstance(found, Server):
        raise ConfigurationError(f"{name} is a database: name its server, {found.server}.")
    return found


def _primary(seen: Topology, wish: Wish) -> str:
    known = {each.name for each in seen.nodes}
    if wish.node not in known:
        raise ConfigurationError(
            f"{wish.server} has no node {wish.node!r}: it has {', '.join(sorted(known))}."
        )
    primaries = [each.name for each in seen.primaries]
    if primaries == [wish.node]:
        raise ConfigurationError(f"{wish.node} is the primary of {wish.server}: it follows nobody.")
    if len(primaries) != 1:
        raise ConfigurationError(
            f"The primary of {wish.server} is {' and '.join(primaries) or 'no node'}: exactly one must be, "
            "before another can follow it. Nothing was touched."
        )
    return primaries[0]


def _insist_on_no_round(platform: Platform, server: str) -> None:
    entry = journaling.read(platform.store, server)
    if entry is not None and entry.is_open:
        raise RoundOpen(
            f"A round of {entry.round.scenario!r} stands open on {server!r}, as {entry.round.phase}: let the "
            "guard end it, or take it out of its hands by `dataops failover guard --finish`."
        )


def _replayed(seen: Topology, node: str, needed: int) -> bool:
    found = seen.node(node)
    return found.role is Role.STANDBY and found.streaming and found.lsn >= needed


def _figures(back: Rejoined) -> list[Figure]:
    return [Figure(name="rejoin", value=round(back.seconds, 3), unit="seconds")]


def _told(back: Rejoined) -> dict[str, JsonValue]:
    told = {"how": back.how, "why": back.reason, "old data": back.kept}
    return {name: value for name, value in told.items() if value}
