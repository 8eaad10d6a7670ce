"""Faults are put into copies of a logical backup: every one is seen, and nothing of production is touched."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.steps import Job
from dataops.drill.checking import CheckOutcome, run_checks
from dataops.drill.rehearsal import rehearse
from dataops.drill.rehearsal.fault import Family, Fault, Kind, NotThere, Sql
from dataops.drill.rehearsal.library import FAULTS
from dataops.drill.rehearsal.stage import Stage
from dataops.drill.restored import RestoredServer
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from tests.integration.bench import SCRIPT
from tests.integration.drill.rehearsal.random_mutations import SEED, mutation

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
MUTATIONS = 200 if TORTURE else 4
FAULTS_OF_A_RUN = 14
"""Of the sample, drawn anew each week; ``make torture`` puts in the whole library."""

IN_THE_WAY = """
CREATE SCHEMA tools;
CREATE EXTENSION pg_trgm SCHEMA tools;
CREATE INDEX payments_note ON app.payments USING gist (note tools.gist_trgm_ops (siglen = 32));
ALTER TABLE app.days_2013 REPLICA IDENTITY FULL;
CREATE PUBLICATION everything FOR ALL TABLES;
"""
"""What once kept a fault from being put in: an operator class with options, and a publication."""

KEPT_OUT_BY_IT = ("archive: empty database", "data: row of a partition changed")

ONLY_HASHES_SEE = "data: value edited in its page"
"""Its checksum is valid again."""

SAMPLE = (
    *(
        "storage: object cut short",
        "storage: details damaged",
        "storage: key lost",
        "storage: manifest missing",
    ),
    *("archive: a schema left out", "archive: rows without large objects", "archive: errors while restoring"),
    *("schema: table missing", "schema: index of another column", "schema: foreign key not valid"),
    *("schema: function of another body", "schema: subscription missing", "schema: policy for everyone"),
    *("schema: foreign key without its triggers", "schema: indexes that new rows do not enter"),
    *("data: sequence at its end", "roles: everyone's setting lost"),
    *("data: row lost", "data: same number of rows, another value", "data: duplicate under a unique index"),
    *("data: orphan of a foreign key", "data: sequence behind its column", "data: large object changed"),
    *("data: page of a table zeroed", "data: value edited in its page", "data: page of long values zeroed"),
    *("roles: role missing", "roles: password other", "roles: grant option lost", "roles: membership lost"),
    *("environment: sorted by another version", "environment: disk too small", "process: nothing to check"),
    *("process: check out of time", "process: scratch server killed during the checks"),
)


def line(record: Record, name: str) -> Any:
    return next(check for check in record.checks if check.name == name)


def red(record: Record) -> list[Any]:
    return [check for check in record.checks if check.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]


@pytest.fixture
def backed_up(bench: Callable[..., Any], work_dir: Path) -> Callable[..., tuple[Record, list[str]]]:
    """``backed_up(faults)``: what a rehearsal of a small database says, with production out of reach."""

    def rehearsed(**options: Any) -> tuple[Record, list[str]]:
        one = bench(SCRIPT + IN_THE_WAY)
        one.backup()
        before = [(each.key, each.size, each.modified) for each in one.store.list()]
        for connection in ("test_primary", "dataops_replica"):
            one.connections.pop(connection)
        said: list[str] = []

        def say(text: str) -> None:
            said.append(text)
            print(text)

        record = rehearse(
            one.platform, one.database.name, say=say, options={"work_dir": str(work_dir)}, **options
        )
        after = [(each.key, each.size, each.modified) for each in one.store.list()]
        assert [each for each in after if not each[0].startswith("leases/")] == [
            each for each in before if not each[0].startswith("leases/")
        ]
        assert list(work_dir.iterdir()) == []
        return record, said

    return rehearsed


@pytest.mark.torture
@pytest.mark.timeout(3000)
def test_every_fault_and_every_random_change_is_seen_and_no_clean_drill_is_red(
    backed_up: Callable[..., tuple[Record, list[str]]],
) -> None:
    drawn = {*random.Random(SEED).sample(SAMPLE, FAULTS_OF_A_RUN), ONLY_HASHES_SEE, *KEPT_OUT_BY_IT}
    faults = FAULTS if TORTURE else tuple(fault for fault in FAULTS if fault.title in drawn)
    assert TORTURE or len(faults) == len(drawn)
    # Those that the scratch server does not survive come last.
    changes = tuple(mutation(SEED + number) for number in range(MUTATIONS))
    record, said = backed_up(faults=(*faults, *changes))
    assert red(record) == [], f"DATAOPS_SEED={SEED}"
    assert record.verdict is Verdict.PASSED, record.reason
    assert (record.capability, record.details["missed"], record.details["false alarms"]) == (
        "rehearsal",
        [],
        {},
    )
    figures = {figure.name: figure.value for figure in record.figures}
    assert (figures["detection rate"], figures["false alarms"]) == (100, 0)
    edited = line(record, ONLY_HASHES_SEE)
    assert edited.observed == {"seen by": ["content hashes (failed)"]}
    count = len(faults) + MUTATIONS
    assert any(text.startswith(f"{count}/{count} ") and "seen by" in text for text in said)


def blinded(server: RestoredServer, job: Job) -> CheckOutcome:
    """A drill that looks at definitions and roles, and at no row."""
    whole = run_checks(server, job)
    about_rows = ("row counts", "content hashes", "full read", "unique keys", "foreign keys")
    return dataclasses.replace(
        whole, checks=tuple(check for check in whole.checks if not check.name.startswith(about_rows))
    )


def _declared_away(stage: Stage) -> None:
    raise NotThere("the database declares that it has none")


def _server_killed(stage: Stage) -> None:
    pid = int((stage.data_directory / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not stage.answers(), seconds=10)


def test_a_drill_that_is_blind_fails_its_rehearsal_and_what_cannot_be_put_in_is_inconclusive(
    backed_up: Callable[..., tuple[Record, list[str]]],
) -> None:
    known = {fault.title: fault for fault in FAULTS}
    faults = (
        known["data: same number of rows, another value"],
        known["data: row lost"],
        known["schema: index missing"],
        Fault("nothing there", Family.DATA, Kind.COPY, Sql("SELECT 1", "SELECT WHERE false"), "row counts"),
        Fault("no row met", Family.DATA, Kind.COPY, Sql("DELETE FROM pg_class WHERE false"), "row counts"),
        Fault("refused", Family.DATA, Kind.COPY, Sql("DROP TABLE no_such_table"), "row counts"),
        Fault("declared away", Family.DATA, Kind.COPY, _declared_away, "row counts"),
        Fault("server lost", Family.DATA, Kind.COPY, _server_killed, "row counts"),
        Fault("after that", Family.DATA, Kind.COPY, Sql("SELECT 1"), "row counts"),
    )
    record, said = backed_up(faults=faults, look=blinded)
    assert record.verdict is Verdict.FAILED
    missed = ["data: same number of rows, another value", "data: row lost"]
    assert record.details["missed"] == missed
    assert record.reason.startswith("2 of 3 faults were missed: data: same number of rows, another value")
    assert [line(record, name).verdict for name in missed] == [Verdict.FAILED] * 2
    assert line(record, "schema: index missing").verdict is Verdict.PASSED
    for name in ("nothing there", "no row met", "refused"):
        assert line(record, f"data: {name}").verdict is Verdict.INCONCLUSIVE, name
        assert line(record, f"data: {name}").observed == "not put in"
    for name, why in (("server lost", "the scratch server died of it"), ("after that", "not reached")):
        assert line(record, f"data: {name}").verdict is Verdict.INCONCLUSIVE, name
        assert why in line(record, f"data: {name}").reason
    assert line(record, "data: declared away").verdict is Verdict.NOT_APPLICABLE
    assert any("MISSED" in text for text in said)
