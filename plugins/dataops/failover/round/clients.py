"""The canary of a leg: started before anything breaks, stopped and settled once it was served again."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from dataops.evidence.verdict import Check
from dataops.failover.round.leg import THERE, Leg
from dataops.failover.round.stage import Stage
from dataops.postgres import connect

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

STEADY_WITHIN = 30.0
"""Seconds in which writes must go well before anything is broken."""
SHOWN = 100
"""Lost writes that are listed one by one; all of them stand in the ledger."""
_NAMES = {"rpo rows": "rows lost", "rpo bytes": "WAL lost"}


@contextmanager
def clients(stage: Stage, leg: Leg) -> Generator[None]:
    """Clients write and read while the block runs; they write well before it begins.

    Raises ``NotSteady`` or ``CanaryFailed`` where they do not: then nothing was broken yet.
    """
    from dataops.failover.canary import running, schema

    driver, load = stage.driver, stage.scenario.load
    with closing(session(stage, leg.old)) as conn:
        schema.prepare(conn)
    readers = {node.name: driver.connection(node.name) for node in leg.before.nodes if node.name != leg.old}
    folder = stage.folder / leg.name
    folder.mkdir(mode=0o700)
    with running.start(
        driver.routed(),
        load,
        run=leg.run,
        folder=folder,
        readers=readers,
        dbname=stage.dbname,
        say=stage.findings.say,
    ) as canary:
        leg.canary = canary
        canary.wait_until_steady(load.steady.total_seconds(), within=STEADY_WITHIN)
        stage.watch.unavailable = lambda: canary.unavailable
        try:
            yield
        finally:
            stage.watch.unavailable = lambda: 0.0
            if leg.ledger is None:  # cut short: what was written is told all the same
                leg.ledger = canary.stop()


def served_again(stage: Stage, leg: Leg, *, since: float | None) -> None:
    """Returns once clients write well again, and have for as long as the scenario says.

    Raises ``NotSteady`` where they do not within ``stop.unavailable``.
    """
    assert leg.canary is not None
    steady = stage.scenario.load.steady.total_seconds()
    longest = stage.scenario.stop.unavailable.total_seconds() + steady
    leg.canary.wait_until_steady(steady, within=longest, since=since)


def settle(stage: Stage, leg: Leg, *, node: str) -> None:
    """The ledger is closed and held against the rows of ``node``: what was lost, and how long it took.

    Checks: what was lost, phantoms, numbers handed out twice, what readers saw, the time without service.
    """
    from dataops.failover.canary import accounting, reissued, schema, staleness, timing

    assert leg.canary is not None
    findings, promise = stage.findings, stage.scenario.objectives
    ledger = leg.ledger = leg.canary.stop()
    with closing(session(stage, node)) as conn:
        surviving = schema.surviving(conn, leg.run)
    leg.account = accounting.account(ledger, surviving, fork=leg.fork)
    steady = stage.scenario.load.steady.total_seconds()
    leg.timing = timing.timing(ledger, leg.marks, steady=steady)
    findings.add(*(_of(leg, each) for each in leg.account.checks(promise)))
    lost = leg.account.rpo_rows
    findings.add(_of(leg, reissued.check(reissued.reissued(ledger), lost=lost)))
    if stage.scenario.load.readers:
        findings.add(_of(leg, staleness.staleness(ledger).check(promise)))


def _of(leg: Leg, check: Check) -> Check:
    return check.model_copy(update={"name": leg.named(check.name)})


def figures(stage: Stage, leg: Leg) -> None:
    """What was measured of a settled leg; the way back under its own names."""
    account, timed = leg.account, leg.timing
    if account is None or timed is None:
        return
    for each in (*timed.figures(), *account.figures()):
        stage.findings.measure(leg.named(_NAMES.get(each.name, each.name)), each.value, each.unit)
    if leg.name == THERE:
        stage.findings.data["lost"] = [
            f"session {each.session}, write {each.n}, id {each.id}" for each in account.lost[:SHOWN]
        ]


def session(stage: Stage, node: str) -> PsycopgConnection:
    """A connection straight to the node, on the database whose clients are looked at."""
    return connect(
        stage.driver.connection(node),
        dbname=stage.dbname,
        application_name="dataops failover",
        statement_timeout=60,
    )
