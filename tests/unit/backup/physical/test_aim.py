"""Where a recovery stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dataops.backup.catalog import Backup
from dataops.backup.manifest.header import Consistency, Encryption, Header, PgBackRest
from dataops.backup.restore.aim import aim
from dataops.backup.restore.point import NoSuchPoint


def backup(day: int, lsn_stop: str, lsn: str) -> Backup:
    at = datetime(2026, 11, day, tzinfo=UTC)
    return Backup(
        Header(
            backup_id=f"202611{day:02}T000000Z-aaaaaa",
            subject="plant",
            kind="server",
            method="physical",
            environment="test",
            server="plant",
            started=at,
            finished=at,
            snapshot_at=at,
            consistency=Consistency.EXACT_LSN,
            lsn=lsn,
            timeline=2,
            encryption=Encryption(scheme="off"),
            pgbackrest=PgBackRest(label=f"day-{day}", type="full", stanza="plant", lsn_stop=lsn_stop),
        )
    )


BACKUPS = [backup(20, "0/5000000", "0/6000000"), backup(22, "0/9000000", "0/A000000")]


def test_latest_is_the_end_of_the_wal() -> None:
    found = aim(BACKUPS, "latest")
    assert found.label == "day-22" and found.options == ("--type=default",) and not found.exact


def test_a_backup_id_is_its_manifests_own_lsn_and_not_one_record_more() -> None:
    found = aim(BACKUPS, "20261120T000000Z-aaaaaa")
    assert found.label == "day-20" and found.exact
    assert {"--target=0/6000000", "--target-exclusive", "--target-timeline=2"} <= set(found.options)


def test_a_time_begins_from_the_newest_backup_before_it_and_says_its_zone() -> None:
    found = aim(BACKUPS, "2026-11-21T12:00:00")
    assert found.label == "day-20" and "--target=2026-11-21 12:00:00+00:00" in found.options


def test_an_lsn_begins_from_the_newest_backup_that_ended_before_it() -> None:
    assert aim(BACKUPS, "0/8FFFFFF").label == "day-20"
    assert aim(BACKUPS, "0/9000000").label == "day-22"
    with pytest.raises(NoSuchPoint):
        aim(BACKUPS, "0/4000000")
