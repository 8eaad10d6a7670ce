"""What only several files together get wrong; each rule beside an inventory that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dataops.inventory import load

if TYPE_CHECKING:
    from tests.unit.inventory.conftest import Include


def told(include: Include) -> list[str]:
    return [str(problem) for file in load(include.root).invalid for problem in file.errors]


def warned(include: Include) -> list[str]:
    return [str(problem) for problem in load(include.root).warnings]


def test_a_name_is_unique_over_servers_and_databases(include: Include) -> None:
    include.database("other")
    assert told(include) == []
    include.database("main")
    problems = told(include)
    assert "'main' is also the name in include/servers/main.yaml" in problems[0]
    assert any("'main' is also the name in include/databases/main.yaml" in line for line in problems)
    assert [file.name for file in load(include.root).invalid] == ["main", "other"]


def test_a_server_must_be_declared(include: Include) -> None:
    include.database("flights", server="mian")
    assert told(include) == [
        "include/databases/flights.yaml:2: server: 'mian' is no server in include/servers. "
        "Did you mean main? Allowed: main."
    ]


def test_a_database_on_a_broken_server_says_where_to_look(include: Include) -> None:
    include.server("other", "jobs: 1\n")
    include.database("flights", server="other")
    assert "include/servers/other.yaml:5" in told(include)[0]


def test_an_environment_that_is_repeated_must_be_the_servers(include: Include) -> None:
    include.database("same", "environment: prod\n")
    assert told(include) == []
    include.database("flights", "environment: staging\n")
    assert "differs from that of its server main, prod" in told(include)[0]


def test_a_retired_server_has_no_active_databases(include: Include) -> None:
    include.server("old", "retired: 2026-01-31\n")
    include.database("gone", "retired: 2026-01-31\n", server="old")
    assert told(include) == []
    include.database("flights", server="old")
    assert "was retired on 2026-01-31" in told(include)[0]


@pytest.mark.parametrize(
    ("promised", "schedule", "holds"),
    [("26h", "daily", True), ("25h", "daily", False), ("3h", "hourly", True), ("119m", "hourly", False)],
)
def test_a_logical_backup_promises_interval_plus_duration(
    include: Include, promised: str, schedule: str, holds: bool
) -> None:
    include.database("flights", f"schedule: {schedule}\nobjectives:\n  rpo: {promised}\n")
    problems = told(include)
    assert (problems == []) is holds
    assert all(":6: objectives.rpo" in line and "cannot be promised" in line for line in problems)


@pytest.mark.parametrize(("promised", "holds"), [("60s", True), ("59s", False)])
def test_a_physical_backup_promises_the_archive_timeout(include: Include, promised: str, holds: bool) -> None:
    include.server("other", f"objectives:\n  rpo: {promised}\n")
    problems = told(include)
    assert (problems == []) is holds
    assert all("wal_archive.timeout" in line for line in problems)


def test_a_managed_server_has_no_physical_backups(include: Include) -> None:
    include.server("other", "rds: {instance: a, region: b}\n")
    assert told(include) == []
    include.server("other", "rds: {instance: a, region: b}\nphysical: {jobs: 2}\n")
    assert "physical cannot be combined with rds" in told(include)[0]


def test_backups_that_start_together_are_warned_of_and_those_that_are_spread_are_not(
    include: Include,
) -> None:
    for name in ("a", "b", "c", "d"):
        include.database(name)
    assert warned(include) == []
    for name in ("a", "b"):
        include.database(name, "schedule: 0 1 * * *\n")
    assert warned(include) == []
    include.database("c", "schedule: 0  1 * * *\n")
    (warning,) = warned(include)
    assert "starts 3 backups of the server main in the same minute (a, b, c)" in warning
    assert told(include) == []


def test_two_names_for_one_source_are_warned_of(include: Include) -> None:
    include.database("flights")
    include.database("flights-again", "dbname: flights\n")
    include.server("alias")
    assert len(warned(include)) == 1
    include.write(
        "servers/alias.yaml", "server: alias\nenvironment: prod\nconnection: main_primary\nowner: dba\n"
    )
    assert len(warned(include)) == 2
