"""A server is backed up in four steps, to two buckets, and says what was true at an exact LSN."""

from __future__ import annotations

from dataops.backup import catalog
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency
from dataops.backup.rotation import last_hashed
from dataops.evidence.verdict import Verdict, overall

from tests.integration.plant import Run, Site


def test_the_first_backup_passes_every_check(full: Run) -> None:
    for report in (full.taken, full.verified, full.published):
        assert overall(report.checks) is Verdict.PASSED, report.checks


def test_its_manifest_is_exact_at_an_lsn_of_the_standby(site: Site, full: Run) -> None:
    platform = site.platform()
    header = next(
        each.header for each in catalog.backups(platform.store, "plant") if each.backup_id == full.backup_id
    )
    assert header.consistency is Consistency.EXACT_LSN, header.extra
    assert header.pgbackrest is not None and header.pgbackrest.type == "full" and header.pgbackrest.replica
    parts = header.extra["details"]
    assert isinstance(parts, dict)
    details = Details.from_bytes(platform.keys.decrypt(platform.store.get(str(parts["postgres"]))))
    assert details.moment.lsn == header.lsn and details.moment.in_recovery
    assert any(table.identity.endswith("things") and table.rows == 5000 for table in details.tables)


def test_the_replica_bucket_alone_has_manifest_parts_and_a_backup_of_its_own(site: Site, full: Run) -> None:
    replica = site.platform().replica
    assert replica is not None
    header = catalog.backups(replica, "plant")[-1].header
    assert header.pgbackrest is not None
    folder = f"backups/plant/repository/backup/plant/{header.pgbackrest.replica}/"
    assert site.keys(folder, bucket=site.replica_bucket)


def test_the_next_backup_knows_when_each_table_of_each_database_was_hashed(site: Site, full: Run) -> None:
    known = last_hashed(site.platform().store, "plant", site.platform().keys).within("postgres")
    header = next(
        each.header
        for each in catalog.backups(site.platform().store, "plant")
        if each.backup_id == full.backup_id
    )
    assert header.started <= known["public.things"] <= header.finished
    assert known.get("public.nothing_of_that_name") is None
