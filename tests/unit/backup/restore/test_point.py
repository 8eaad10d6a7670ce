"""A recovery point means one backup, or none and a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dataops.backup.catalog import Backup
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.restore.point import NoSuchPoint, choose

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def backup(hours: int) -> Backup:
    moment = NOON + timedelta(hours=hours)
    return Backup(
        Header(
            backup_id=f"{moment:%Y%m%dT%H%M%SZ}-00000{hours}",
            subject="flights",
            kind="database",
            method="logical",
            environment="test",
            server="test",
            started=moment,
            finished=moment,
            snapshot_at=moment,
            consistency=Consistency.EXACT_SNAPSHOT,
            encryption=Encryption(scheme="off"),
        )
    )


BACKUPS = [backup(0), backup(2), backup(1)]


@pytest.mark.parametrize(
    ("point", "hours"),
    [
        ("latest", 2),
        ("20261123T130000Z-000001", 1),
        ("2026-11-23T12:00:00Z", 0),
        ("2026-11-23T13:59:59+00:00", 1),
        ("2026-11-23 14:30", 2),
        ("2026-11-23T15:30:00+03:00", 0),
    ],
)
def test_the_point_means_this_backup(point: str, hours: int) -> None:
    assert choose(BACKUPS, point) == backup(hours)


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("2026-11-23T11:59:59Z", "the oldest is of 2026-11-23 12:00:00 UTC"),
        ("20261123T130000Z-ffffff", "the newest is 20261123T140000Z-000002"),
        ("yesterday", "write latest, a backup id, or a time"),
    ],
)
def test_a_point_that_no_backup_reaches_says_what_there_is(point: str, sentence: str) -> None:
    with pytest.raises(NoSuchPoint, match=sentence):
        choose(BACKUPS, point)


def test_without_backups_there_is_no_point() -> None:
    with pytest.raises(NoSuchPoint, match="no backup yet"):
        choose([], "latest")
