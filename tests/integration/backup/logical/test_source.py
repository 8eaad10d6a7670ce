"""The standby is dumped while it keeps up; else the primary, and the run says why."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from dataops.backup.restore import restore
from dataops.connections import Connection
from dataops.evidence.verdict import Verdict

SMALL = "CREATE TABLE t AS SELECT generate_series(1, 1000) AS i"


@pytest.fixture
def beside(bench: Any, standby: Any) -> Any:
    """A small database whose server has a standby."""
    one = bench(SMALL, server={"standby": "test_standby"})
    one.connections["test_standby"] = dataclasses.replace(standby.connection, id="test_standby")
    return one


def source(report: Any) -> str:
    return str(next(check.observed for check in report.checks if check.name == "source"))


def test_a_standby_that_keeps_up_is_dumped_and_restores(beside: Any, scratch: Any) -> None:
    assert source(beside.preflight()).startswith("the standby (")
    taken, _, _ = beside.backup()
    assert taken.data["source"] == "standby"
    report = restore(
        beside.platform, beside.database.name, target=scratch(), say=beside.said.append, verify=True
    )
    assert [check for check in report.checks if check.verdict is not Verdict.PASSED] == []


def test_a_standby_that_lags_is_left_alone(beside: Any, primary: Any, standby: Any) -> None:
    limited = beside.database.model_copy(update={"standby_lag_limit": beside.database.time_budget * 0})
    beside.database = limited
    standby.execute("SELECT pg_wal_replay_pause()")
    try:
        primary.execute("CREATE TABLE later AS SELECT 1 AS i", dbname=beside.database.dbname)
        assert "the primary (the standby cannot serve: it is" in source(beside.preflight())
    finally:
        standby.execute("SELECT pg_wal_replay_resume()")


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ("primary", "is no standby: it accepts writes"),
        ("nowhere", "does not answer"),
    ],
)
def test_what_is_no_standby_of_the_primary_is_left_alone(
    beside: Any, primary: Any, connection: str, words: str
) -> None:
    others: dict[str, Connection] = {
        "primary": primary.connection,
        "nowhere": dataclasses.replace(primary.connection, port=1),
    }
    beside.connections["test_standby"] = others[connection]
    assert words in source(beside.preflight())


def test_a_run_may_ask_for_the_primary(beside: Any) -> None:
    assert source(beside.preflight(source="primary")) == "the primary (as this run asks)"
