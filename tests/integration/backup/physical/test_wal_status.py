"""How far the archive reaches, asked from the store and from the primary's archiver."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.backup import catalog
from dataops.backup.physical import wal_status

from sandbox.deadline import wait_until
from tests.integration.plant import Run, Site

ARCHIVE = "backups/plant/repository/archive/plant/15-1/0000000100000000/"


def switch(site: Site) -> str:
    """The segment that the primary ended just now, once it is archived."""
    site.primary.execute("CREATE TABLE IF NOT EXISTS written (n int); INSERT INTO written VALUES (1)")
    name = str(site.primary.execute("SELECT pg_walfile_name(pg_switch_wal())")[0][0])
    assert wait_until(lambda: bool(site.keys(f"{ARCHIVE}{name}-")), seconds=30)
    return name


def test_a_healthy_archive_is_fresh_and_without_a_gap(site: Site, full: Run) -> None:
    switch(site)
    status = wal_status(site.platform(), site.server())
    assert status.gap == () and not status.failing
    assert status.newest_recoverable is not None
    assert datetime.now(UTC) - status.newest_recoverable < timedelta(seconds=90)


def test_a_segment_that_vanished_is_a_gap(site: Site, full: Run) -> None:
    lost = switch(site)
    switch(site)
    with site.damaged(site.keys(f"{ARCHIVE}{lost}-")[0], None):
        status = wal_status(site.platform(), site.server())
    assert status.gap == (lost,)


def test_a_backup_whose_own_wal_vanished_recovers_nothing(site: Site, full: Run) -> None:
    newest = catalog.backups(site.platform().store, "plant")[0].header.pgbackrest
    assert newest is not None
    with site.damaged(site.keys(f"{ARCHIVE}{newest.wal_stop}-")[0], None):
        status = wal_status(site.platform(), site.server())
    assert status.gap == (newest.wal_stop,)
    assert status.newest_recoverable is None


def test_an_archiver_that_fails_is_said(site: Site, full: Run) -> None:
    working = site.primary.cluster.settings["archive_command"]
    try:
        site.primary.execute("ALTER SYSTEM SET archive_command = 'false # pgbackrest'")
        site.primary.execute("SELECT pg_reload_conf()")
        site.primary.execute("INSERT INTO written VALUES (2)")
        site.primary.execute("SELECT pg_switch_wal()")
        assert wait_until(lambda: bool(wal_status(site.platform(), site.server()).failing), seconds=30)
    finally:
        site.primary.execute("ALTER SYSTEM RESET archive_command")
        site.primary.execute("SELECT pg_reload_conf()")
    assert wait_until(lambda: site.primary.execute("SHOW archive_command") == [(working,)], seconds=20)
    switch(site)
    assert wait_until(lambda: not wal_status(site.platform(), site.server()).failing, seconds=30)
