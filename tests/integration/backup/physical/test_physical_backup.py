"""A server is backed up in four steps, to two buckets, and says what was true at an exact LSN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency
from dataops.backup.physical import Physical
from dataops.backup.steps import Job
from dataops.evidence.verdict import Verdict, overall

from tests.integration.backup.physical.conftest import Site

RunSteps = Callable[..., tuple[Any, ...]]


def back_up(site: Site, **options: Any) -> tuple[list[str], Any, Any, Any]:
    """One whole run of the method: what it said, and the reports of take, verify and publish."""
    said: list[str] = []
    job = Job(site.platform(), site.server(), said.append, options)
    taken = Physical().take(job)
    verified = Physical().verify(job, taken)
    return said, taken, verified, Physical().publish(job, taken, verified)


@pytest.fixture(scope="module")
def full(site: Site) -> tuple[list[str], Any, Any, Any]:
    """The first backup of the site."""
    site.primary.execute(
        "CREATE TABLE things AS SELECT g AS id, 'thing ' || g AS name FROM generate_series(1, 5000) g"
    )
    return back_up(site, type="full")


def test_the_first_backup_passes_every_check(site: Site, full: Any) -> None:
    _, taken, verified, published = full
    for report in (taken, verified, published):
        assert overall(report.checks) is Verdict.PASSED, report.checks


def test_its_manifest_is_exact_at_an_lsn_of_the_standby(site: Site, full: Any) -> None:
    header = catalog.backups(site.platform().store, "plant")[-1].header
    assert header.consistency is Consistency.EXACT_LSN, header.extra
    assert header.pgbackrest is not None and header.pgbackrest.type == "full"
    assert header.pgbackrest.replica and header.rows is not None and header.rows >= 5000
    key = header.extra["details"]["postgres"]
    platform = site.platform()
    details = Details.from_bytes(platform.keys.decrypt(platform.store.get(key)))
    assert details.moment.lsn == header.lsn and details.moment.in_recovery
    assert any(table.identity.endswith("things") and table.rows == 5000 for table in details.tables)
