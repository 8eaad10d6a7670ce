"""The canary of a leg: started before anything breaks, stopped and settled once it was served again."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.round.leg import THERE, Leg
from dataops.failover.round.stage import Stage
from dataops.postgres import connect

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

STEADY_WITHIN = 30.0
"""Seconds in which writes must go well before anything is broken."""
SHOWN = 100
"""Lost writes that are listed one by one; all of them stand in the ledger."""
INTACT = "ledger is intact"
_NAMES = {"rpo rows": "rows lost", "rpo bytes": "WAL lost"}


@contextmanager
def clients(stage: Stage, leg: Leg) -> Generator[None]:
    """Clients write and read while the block runs; they write well before it begins.

    Raises ``NotSteady`` or ``CanaryFailed`` where they do not: then nothing was broken yet.
    """
    from dataops.failover.canary import running, schema

    driver, load = stage.driver, stage.scenario.load
    with closing(session(stage, leg.old)) as conn:
        schema.prepare(conn, fresh=leg.name == THERE)  # the way back must not lose what the way there kept
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
            close(stage, leg)  # where it was cut short, what was written is told all the same


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

    Checks: what was lost, phantoms, numbers handed out twice, what readers saw; on the way back also whether
    all is there that the way there kept. A ledger that cannot be trusted is red by name, and settles nothing.
    """
    from dataops.failover.canary import accounting, reissued, schema, staleness, timing
    from dataops.failover.canary.recounting import SURVIVING

    close(stage, leg)
    ledger = leg.ledger
    if ledger is None:
        return
    findings, promise = stage.findings, stage.scenario.objectives
    with closing(session(stage, node)) as conn:
        surviving = schema.surviving(conn, leg.run)
        (stage.folder / leg.name / SURVIVING).write_text(surviving.to_csv(), encoding="utf-8")
        for earlier in stage.legs:
            if earlier is not leg and earlier.account is not None:
                still = schema.surviving(conn, earlier.run)
                findings.add(accounting.still_there(earlier.account, still))
    leg.account = accounting.account(ledger, surviving, fork=leg.fork)
    steady = stage.scenario.load.steady.total_seconds()
    leg.timing = timing.timing(ledger, leg.marks, steady=steady)
    findings.add(*(_of(leg, each) for each in leg.account.checks(promise)))
    ledgers = [each.ledger for each in stage.legs if each.ledger is not None]
    lost = sum(each.account.rpo_rows for each in stage.legs if each.account is not None)
    findings.add(_of(leg, reissued.check(reissued.reissued(*ledgers), lost=lost)))
    if stage.scenario.load.readers and len(leg.before.nodes) > 1:  # a lone node has no standby to read on
        findings.add(_of(leg, staleness.staleness(ledger).check(promise)))


def close(stage: Stage, leg: Leg) -> None:
    """End the leg's canary and take its ledger, once; whether that can be trusted is a check of its own."""
    canary, leg.canary = leg.canary, None
    if canary is None:
        return

    def ask() -> Check:
        ledger = leg.ledger = canary.stop()
        lines = sum(head.lines for head in ledger.heads.values())
        return Check(
            name=leg.named(INTACT),
            verdict=Verdict.PASSED,
            expected="every line is bound to the one before, and to what the canary told all along",
            observed=f"{lines} lines in {len(ledger.heads)} files",
        )

    stage.findings.ask(leg.named(INTACT), ask, expected="every line is bound to the one before")


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
