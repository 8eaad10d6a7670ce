"""Asking what must be true after a change of roles, and putting the answers on record by name."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection
from contextlib import closing

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.canary import nonce, schema
from dataops.failover.guard.acting import LIFTED
from dataops.failover.inventories import Holdings, compare, no_stale_slot, take
from dataops.failover.round.clients import session, settle
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.topology import Role, Topology
from dataops.failover.verifying import archiving, contents, expecting, rejoining, routed, steady, timelines
from dataops.inventory.size import bytes_of
from dataops.postgres import server_identity
from dataops.quality import suite_path

CATCH_UP = 60.0
"""Seconds that a node has to follow again."""
WRITABLE = "one writable primary"
TIMELINES = "one line of history"
REJOINED = "old primary rejoined"
SAME = "same rows on every node"
STEADY = "steady state"
SLOTS = "no slot keeps WAL for nobody"


def prove_leg(
    stage: Stage, leg: Leg, *, holdings: Holdings | None, archiver: archiving.Archiver | None
) -> None:
    """All that must hold once clients are served by the new primary: asked of the ledger and of each node."""
    findings, new = stage.findings, leg.new
    seen = stage.driver.observe()
    fenced = (leg.old,) if leg.fenced else ()
    writable(stage, leg.named(WRITABLE), expected=new, seen=seen, fenced=fenced)
    leg.fork = _fork(stage, leg, seen)
    settle(stage, leg, node=new)
    _service(stage, leg, seen)
    findings.ask(
        leg.named(TIMELINES),
        lambda: timelines.one_line_of_history(
            leg.named(TIMELINES),
            leg.before,
            seen,
            primary=new,
            promotions=int(leg.promotes),
            died=leg.died,
            fenced=fenced,
        ),
    )
    if holdings is not None:
        findings.ask(
            leg.named("inventory"),
            lambda: _renamed(leg, compare(holdings, take(stage.driver.connection(new)))),
        )
    if archiver is not None:
        name = leg.named("archive continues")
        timeline = seen.node(new).timeline
        findings.ask(
            name,
            lambda: archiving.wait_for_archive(stage.driver.connection(new), archiver, timeline, name=name),
        )


def _service(stage: Stage, leg: Leg, seen: Topology) -> None:
    timed, ledger = leg.timing, leg.ledger
    if timed is None or ledger is None:  # the ledger cannot be trusted, which is on record
        return
    stage.findings.add(*_renamed(leg, (timed.check(stage.scenario.objectives),)))
    name = leg.named("clients were led over" if leg.promotes else "clients reach the primary")
    writes = [each for session_ in ledger.sessions.values() for each in session_]
    server = _server(stage, leg.new)
    stage.findings.ask(
        name,
        lambda: routed.led_to(
            name, primary=leg.new, routed=seen.routed, writes=writes, server=server, since=leg.marks.routed
        ),
    )


def writable(
    stage: Stage, name: str, *, expected: str | None, seen: Topology, fenced: Collection[str] = ()
) -> None:
    """Every node is asked to take a write, directly: one may.

    ``fenced``: nodes of which it is proven that nothing lives, though nobody may be able to reach them.
    """
    down = {each.name for each in seen.nodes if each.role is Role.DOWN} | set(fenced)

    def ask() -> Check:
        writes = nonce.write_everywhere(stage.connections(), dbname=stage.dbname)
        stage.servers |= {each.server: each.node for each in writes if each.server}
        found = nonce.one_writable_primary(writes, proven_down=down, expected=expected)
        return found.model_copy(update={"name": name})

    stage.findings.ask(name, ask)


def data_checks(stage: Stage, leg: Leg) -> None:
    """The owners' expectations, on the node that was promoted."""
    include, name = stage.job.include, stage.job.database.name
    stage.findings.ask(
        expecting.NAME,
        lambda: expecting.expectations(
            stage.driver.connection(leg.new),
            stage.dbname,
            suite_path(include, name),
            asked=stage.scenario.expectations,
        ),
    )


def rejoined(stage: Stage, name: str, node: str, *, upstream: str, run: str, how: str = "") -> None:
    """Proof that the node follows: it streams, replays what is written now, and has no row of its own.

    ``run``: the canary's run whose rows are held against each other.
    """

    def ask() -> Check:
        needed = _marker(stage, upstream)
        stage.watch.until(
            lambda: _has_replayed(stage.driver.observe(), node, needed),
            within=CATCH_UP,
            what=f"{node} follows {upstream}",
            every=0.1,
            free=True,
        )
        return rejoining.follows(name, _follower(stage, node, upstream, run, needed), how=how)

    def judge() -> Check:
        try:
            return ask()
        except DataOpsError as error:  # it does not follow: what it is instead says more than the time
            stage.findings.say(str(error))
            return rejoining.follows(name, _follower(stage, node, upstream, run, None), how=how)

    stage.findings.ask(name, judge)


def same_rows(stage: Stage, name: str, *, primary: str) -> None:
    """The rows of all nodes, counted and hashed, once every standby has replayed what the primary wrote."""

    def ask() -> Check:
        needed = _marker(stage, primary)
        names = [each.name for each in stage.before.nodes if each.role is not Role.DOWN]
        stage.watch.until(
            lambda: all(
                _has_replayed(stage.driver.observe(), each, needed) for each in names if each != primary
            ),
            within=CATCH_UP,
            what="every standby has replayed what was written",
            every=0.1,
            free=True,
        )
        read = contents.read_all(
            {each: stage.driver.connection(each) for each in names},
            stage.dbname,
            lsn=(lambda node: _lsn(stage, node)) if stage.has_wal else _never_quiet(),
        )
        others = tuple(each for node, each in read.items() if node != primary)
        return contents.same_contents(name, read[primary], others, own=schema.SCHEMA)

    stage.findings.ask(name, ask)


def settled(stage: Stage, name: str, *, primary: str) -> None:
    """The cluster is whole and nothing of the fault is left: waited for, then judged as it is."""
    lag = bytes_of(stage.job.settings.lag)
    seen = stage.driver.observe()
    deadline = time.monotonic() + CATCH_UP
    while not steady.is_steady(stage.before, seen, primary=primary, lag=lag) and time.monotonic() < deadline:
        time.sleep(0.1)
        seen = stage.driver.observe()
    left = _left(stage)
    stage.findings.add(steady.steady_state(name, stage.before, seen, primary=primary, lag=lag, left=left))
    writable(stage, f"{WRITABLE} (at the end)", expected=primary, seen=seen)
    stage.findings.ask(SLOTS, lambda: no_stale_slot(take(stage.driver.connection(primary))))


def _left(stage: Stage) -> tuple[str, ...]:
    """The fault, where it is one that outlives processes and is still in effect, or might be."""
    fault, broken = stage.plan.fault, stage.plan.broken
    if fault not in LIFTED:
        return ()
    try:
        still = stage.driver.effect(fault, broken).verdict is Verdict.PASSED
    except DataOpsError as error:
        return (f"{fault} of {broken}, as far as anybody can tell: {error}",)
    return (f"{fault} of {broken}",) if still else ()


def _follower(stage: Stage, node: str, upstream: str, run: str, needed: int | None) -> rejoining.Follower:
    seen = stage.driver.observe()
    primary = seen.node(upstream)
    wanted = primary.lsn if needed is None else needed
    try:
        ours, theirs = (_rows(stage, each, run) for each in (upstream, node))
    except DataOpsError:
        return rejoining.Follower(seen.node(node), primary, wanted, own=None, has_wal=stage.has_wal)
    return rejoining.Follower(
        seen.node(node),
        primary,
        wanted,
        own=theirs - ours,
        missing=ours - theirs,
        has_wal=stage.has_wal,
    )


def _rows(stage: Stage, node: str, run: str) -> set[str]:
    with closing(session(stage, node)) as conn:
        return {f"{each.session}/{each.n} (id {each.id})" for each in schema.surviving(conn, run).rows}


def _marker(stage: Stage, node: str) -> int:
    """An LSN behind a write of now: a nonce, so that there is something to replay."""
    nonce.write_everywhere({node: stage.driver.connection(node)}, dbname=stage.dbname)
    return _lsn(stage, node) if stage.has_wal else 0


def _lsn(stage: Stage, node: str) -> int:
    """Where the node writes, or what it has replayed."""
    with closing(session(stage, node)) as conn:
        high, low = server_identity(conn).lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _never_quiet() -> Callable[[str], int]:
    """Where nobody can tell whether others write, they are taken to: only the canary's rows are compared."""
    counter = itertools.count()
    return lambda _: next(counter)


def _has_replayed(seen: Topology, node: str, needed: int) -> bool:
    found = seen.node(node)
    return found.role is Role.STANDBY and found.streaming and found.lsn >= needed


def _server(stage: Stage, node: str) -> str:
    """``host:port`` as the node sees itself; empty where it does not say."""
    try:
        with closing(session(stage, node)) as conn:
            found = server_identity(conn).address
    except DataOpsError:
        return ""
    stage.servers[found] = node
    return found


def _fork(stage: Stage, leg: Leg, seen: Topology) -> int | None:
    old = max((each.timeline for each in leg.before.primaries), default=0)
    try:
        history = timelines.read_history(stage.driver.connection(leg.new), seen.node(leg.new).timeline)
    except DataOpsError as error:
        stage.findings.say(f"the fork of the timelines cannot be read: {error}")
        return None
    return timelines.fork_at(history, old)


def _renamed(leg: Leg, checks: Collection[Check]) -> tuple[Check, ...]:
    return tuple(each.model_copy(update={"name": leg.named(each.name)}) for each in checks)
