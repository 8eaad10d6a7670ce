"""A backup is damaged in the bucket, each time in another way, and verify goes red."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dataops.backup import catalog
from dataops.backup.manifest.header import Header, PgBackRest
from dataops.backup.physical import Physical
from dataops.backup.physical.expiry import expire_label
from dataops.backup.removal import remove
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Verdict, overall

from tests.integration.plant import Run, Site

BACKUP = "backups/plant/repository/backup/plant/"
ARCHIVE = "backups/plant/repository/archive/plant/15-1/"


@pytest.fixture(scope="module")
def taken(site: Site, full: object) -> StepReport:
    """A backup that is taken and not yet verified."""
    return Physical().take(job(site, type="full", content="definitions"))


def job(site: Site, **options: object) -> Job:
    return Job(site.platform(), site.server(), lambda line: None, options)  # type: ignore[arg-type]


def flipped(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]


def halved(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def largest(site: Site, prefix: str) -> str:
    page = site.store.client.list_objects_v2(Bucket=site.bucket, Prefix=prefix)
    return str(max(page["Contents"], key=lambda each: each["Size"])["Key"])


FAULTS: dict[str, tuple[str, Callable[[bytes], bytes] | None, str]] = {
    "a flipped byte": ("bundle/", flipped, "store: pgBackRest verify"),
    "a file cut short": ("bundle/", halved, "store: every file is there"),
    "a missing file": ("bundle/", None, "store: every file is there"),
    "a flipped byte in pgBackRest's manifest": ("backup.manifest", flipped, "store: every file is there"),
}


@pytest.fixture
def store_alone(taken: StepReport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the damaged repository is read: the replica's was not touched."""
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET")


@pytest.mark.usefixtures("store_alone")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_backup_is_seen(site: Site, taken: StepReport, fault: str) -> None:
    part, change, expected = FAULTS[fault]
    with site.damaged(largest(site, f"{BACKUP}{taken.data['label']}/{part}"), change):
        report = Physical().verify(job(site), taken)
    assert overall(report.checks) is Verdict.FAILED
    assert expected in {check.name for check in report.checks if check.verdict is Verdict.FAILED}


@pytest.mark.usefixtures("store_alone")
def test_missing_wal_and_a_manifest_that_changed_are_seen(site: Site, taken: StepReport) -> None:
    """pgBackRest's own verify calls this repository ok (2.45)."""
    segment = site.keys(f"{ARCHIVE}0000000100000000/{wal_start(site, taken)}")[0]
    part = site.keys(f"backups/plant/{taken.data['backup_id']}/details/")[0]
    with site.damaged(segment, None), site.damaged(part, flipped):
        report = Physical().verify(job(site), taken)
    assert red(report) == {"store: WAL without a gap", "store: manifest parts read back"}


def test_the_same_backup_undamaged_is_published_and_expires_alone(
    site: Site, full: Run, taken: StepReport
) -> None:
    verified = Physical().verify(job(site), taken)
    assert overall(verified.checks) is Verdict.PASSED, verified.checks
    assert overall(Physical().publish(job(site), taken, verified).checks) is Verdict.PASSED
    published = {each.backup_id: each.header for each in catalog.backups(site.platform().store, "plant")}
    expired, kept = published[str(taken.data["backup_id"])], published[full.backup_id]
    remove(job(site), expired)
    for bucket, gone, there in (
        (site.bucket, label_of(expired).label, label_of(kept).label),
        (site.replica_bucket, label_of(expired).replica, label_of(kept).replica),
    ):
        keys = site.keys(BACKUP, bucket=bucket)
        assert not any(f"/{gone}/" in key for key in keys)
        assert any(f"/{there}/" in key for key in keys)
    expire_label(job(site), label_of(expired))  # a second time is harmless


def label_of(header: Header) -> PgBackRest:
    assert header.pgbackrest is not None
    return header.pgbackrest


def wal_start(site: Site, taken: StepReport) -> str:
    from dataops.backup.physical.engine import pgbackrest

    with pgbackrest(site.platform(), site.server()) as engine:
        copied = engine.backup(str(taken.data["label"]), 1)
    assert copied is not None and copied.archive.start is not None
    return copied.archive.start


def red(report: StepReport) -> set[str]:
    return {check.name for check in report.checks if check.verdict is Verdict.FAILED}
