"""A few lines are enough: everything else has the default that a DBA would choose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dataops.inventory import Database, Objectives, Physical, Rds, Server, WalArchive
from pydantic import ValidationError

HOUR = timedelta(hours=1)


def server(**more: object) -> Server:
    return Server.model_validate({
        "server": "main",
        "environment": "prod",
        "connection": "main_primary",
        "owner": "dba",
        **more,
    })


def database(**more: object) -> Database:
    return Database.model_validate({"database": "flights", "server": "main", "owner": "dba", **more})


def test_a_server_of_four_lines_is_backed_up_weekly_and_daily() -> None:
    main = server()
    assert (main.method, main.stanza, main.pgbackrest, main.pool) == (
        "physical", "main", "main_pgbackrest", "backup",
    )  # fmt: skip
    full, diff = main.physical.full, main.physical.diff
    assert full.endswith(" * * 0")
    assert diff == full[:-1] + "1-6"
    assert main.schedules == tuple(sorted([full, diff]))
    assert main.objectives == Objectives(rto=4 * HOUR, rpo=HOUR / 4)
    assert main.attainable_rpo == timedelta(seconds=60)
    assert main.encryption_connection == "dataops_encryption"


def test_a_database_of_three_lines_is_dumped_nightly_within_its_promise() -> None:
    flights = database()
    assert (flights.method, flights.dbname, flights.schedules) == ("logical", "flights", ("18 2 * * *",))
    assert flights.objectives.rpo == flights.attainable_rpo == 26 * HOUR


def test_the_default_promise_follows_the_schedule() -> None:
    assert database(schedule="0 */6 * * *", max_duration="30m").objectives.rpo == timedelta(
        hours=6, minutes=30
    )
    assert database(objectives={"rto": "1h"}).objectives == Objectives(rto=HOUR, rpo=26 * HOUR)
    assert server(wal_archive={"timeout": "1h"}).objectives.rpo == HOUR


def test_a_promise_that_is_written_stands() -> None:
    assert database(objectives={"rpo": "7d"}).objectives.rpo == timedelta(days=7)


def test_the_larger_backup_that_is_due_wins() -> None:
    main = server(physical={"full": "0 1 * * 0", "diff": "0 1 * * *", "incr": "0 * * * *"})
    sunday = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert main.backup_type_at(sunday) == "full"
    assert main.backup_type_at(sunday + 24 * HOUR) == "diff"
    assert main.backup_type_at(sunday + HOUR) == "incr"
    assert main.backup_type_at(sunday + HOUR / 2) == "incr"
    assert server(physical={"diff": None}).backup_type_at(sunday) == "full"


def test_a_managed_server_is_copied_by_snapshots() -> None:
    main = server(rds={"instance": "main-1", "region": "eu-central-1"})
    assert main.method == "rds_snapshot"
    assert isinstance(main.rds, Rds)
    assert main.schedules == (main.rds.schedule,)
    assert main.objectives.rpo == main.attainable_rpo == 26 * HOUR


@pytest.mark.parametrize(
    ("written", "connection"),
    [
        (True, "dataops_encryption"),
        ("on", "dataops_encryption"),
        (False, None),
        ("off", None),
        ("own_keys", "own_keys"),
    ],
)
def test_encryption_is_on_off_or_a_connection(written: object, connection: str | None) -> None:
    assert database(encryption=written).encryption_connection == connection


def test_models_are_frozen_and_know_their_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        database().jobs = 4  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        database(job=4)


def test_parts_can_be_built_in_code() -> None:
    built = Server(
        name="main",
        environment="prod",
        connection="main_primary",
        owner="dba",
        physical=Physical(jobs=4),
        wal_archive=WalArchive(timeout=timedelta(minutes=5)),
    )
    assert built == server(physical={"jobs": 4}, wal_archive={"timeout": "5m"})


def test_a_tables_name_with_its_schema_may_be_long() -> None:
    table = f"{'s' * 63}.{'t' * 63}"
    fresh = {"table": table, "column": "at", "within": "1d"}
    assert database(drill={"fresh": [fresh]}).drill.fresh[0].table == table
    with pytest.raises(ValidationError, match="table"):
        database(drill={"fresh": [{**fresh, "table": "orders"}]})
