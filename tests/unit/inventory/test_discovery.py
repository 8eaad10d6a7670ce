"""Databases that nobody enrolled are found, and a server that was not asked never counts as complete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.inventory import Unenrolled, load, unenrolled
from dataops.inventory.checking import check, discover
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.inventory.discovery import Lister

    from tests.unit.inventory.conftest import Include


def platform(include: Include) -> Platform:
    return Platform("prod", load(include.root, "prod"), lambda connection_id: Connection(connection_id))


def holding(*names: str) -> Lister:
    def databases(connection: Connection) -> Sequence[str]:
        return names if connection.id == "main_primary" else ()

    return databases


def test_a_database_without_a_file_is_found(include: Include) -> None:
    include.database("flights")
    include.database("crew-data", "dbname: crew\n")
    found = unenrolled(platform(include), databases=holding("flights", "crew", "payroll"))
    assert found == (Unenrolled("main", "payroll"),)


def test_a_retired_or_invalid_file_is_a_file(include: Include) -> None:
    include.database("old", "retired: 2026-01-31\n")
    include.database("broken", "jobs: 0\n")
    assert unenrolled(platform(include), databases=holding("old", "broken")) == ()


def test_a_database_is_enrolled_on_its_own_server_only(include: Include) -> None:
    include.server("other")
    include.database("flights", server="other")
    assert unenrolled(platform(include), databases=holding("flights")) == (Unenrolled("main", "flights"),)


def test_a_server_that_cannot_be_asked_is_told_and_stops_no_other(include: Include) -> None:
    include.server("dead")

    def databases(connection: Connection) -> Sequence[str]:
        if connection.id == "dead_primary":
            raise DataOpsError("It does not answer.")
        return ["payroll"]

    with pytest.raises(DataOpsError, match="does not answer"):
        unenrolled(platform(include), databases=databases)
    report = discover(check(include.root), platform(include), databases=databases)
    assert report.unreachable == (("dead", "It does not answer."),)
    assert report.unenrolled == (Unenrolled("main", "payroll"),)
    assert report.exit_code == 1


@pytest.mark.parametrize(("present", "code"), [(["flights"], 0), (["flights", "payroll"], 1)])
def test_the_report_is_red_when_something_is_not_enrolled(
    include: Include, present: list[str], code: int
) -> None:
    include.database("flights")
    assert discover(check(include.root), platform(include), databases=holding(*present)).exit_code == code


def test_not_asking_is_inconclusive(include: Include) -> None:
    def databases(connection: Connection) -> Sequence[str]:
        raise DataOpsError("It does not answer.")

    assert discover(check(include.root), platform(include), databases=databases).exit_code == 3
