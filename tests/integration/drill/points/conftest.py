"""A small server ``plant`` that archives into one bucket, written to by pgbench: plain, nested, prepared."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dataops.backup.physical import Physical
from dataops.backup.steps import Job
from dataops.inventory import Server
from dataops.platform import Platform

from sandbox.deadline import wait_until
from sandbox.postgresql import programs
from tests.conftest import ObjectStoreServer
from tests.integration.plant import Site, build_site

WORK = """
CREATE TABLE ledger (xid xid8 DEFAULT pg_current_xact_id(), at timestamptz DEFAULT clock_timestamp());
CREATE TABLE filler AS SELECT g AS id, repeat('x', 200) AS text FROM generate_series(1, 2000) g;
"""
SCRIPTS = {
    "plain": "INSERT INTO ledger DEFAULT VALUES;\n",
    "nested": (
        "BEGIN;\nINSERT INTO ledger DEFAULT VALUES;\nSAVEPOINT a;\n"
        "UPDATE filler SET text = repeat('y', 200) WHERE id = 1 + :client_id;\nRELEASE a;\nCOMMIT;\n"
    ),
    "prepared": "\\set tag random(1, 1000000000)\nBEGIN;\nINSERT INTO ledger DEFAULT VALUES;\n"
    "PREPARE TRANSACTION 'p:client_id.:tag';\nCOMMIT PREPARED 'p:client_id.:tag';\n",
    "bare": "SELECT pg_current_xact_id();\n",
}


class Plant:
    """The server, its drills' job, and its load."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder

    @property
    def server(self) -> Server:
        return self.site.server(standby=None)

    @property
    def platform(self) -> Platform:
        return self.site.platform(self.server)

    def job(self, **options: str) -> Job:
        return Job(self.platform, self.server, lambda line: None, options)

    def drill(self) -> Job:
        """The job of a drill, whose directories PostgreSQL's own user can enter."""
        return self.job(work_dir=str(self.folder))

    def back_up(self, kind: str = "full") -> str:
        """Take, verify and publish a backup; its id."""
        job, method = self.job(type=kind), Physical()
        taken = method.take(job)
        method.publish(job, taken, method.verify(job, taken))
        return str(taken.data["backup_id"])

    @contextmanager
    def under_load(self) -> Generator[None]:
        """Four clients commit in every way that there is, as long as the block lasts."""
        argv = [str(programs() / "pgbench"), "-n", "-c", "4", "-j", "2", "-T", "300", "-R", "400"]
        for name, script in SCRIPTS.items():
            file = self.folder / f"{name}.sql"
            file.write_text(script, encoding="utf-8")
            argv += ["-f", str(file)]
        log = self.folder / "pgbench.log"
        with (
            log.open("wb") as out,
            subprocess.Popen([*argv, self.site.primary.dsn()], stdout=out, stderr=out) as pgbench,
        ):
            try:
                yield
                assert pgbench.poll() is None, log.read_text()[-500:]
            finally:
                pgbench.kill()
        # A commit under way when its client is killed is still done: nothing of the load comes after this.
        others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'"
        assert wait_until(lambda: self.site.primary.execute(others) == [(0,)], seconds=20)

    def archive(self) -> str:
        """The segment that ends now, once it lies in the archive."""
        name = str(self.site.primary.execute("SELECT pg_walfile_name(pg_switch_wal())")[0][0])
        root = "backups/plant/repository/archive/plant/15-1/"
        assert wait_until(lambda: bool(self.site.keys(f"{root}{name[:16]}/{name}-")), seconds=30)
        return name

    def archive_after_a_commit(self) -> str:
        """A whole segment with something in it, archived."""
        self.site.primary.execute("INSERT INTO ledger DEFAULT VALUES")
        return self.archive()


@pytest.fixture(scope="session")
def plant(server_folder: Path, object_store_server: ObjectStoreServer) -> Iterator[Plant]:
    """The session's server: a backup under load, and WAL behind it."""
    folder = server_folder / "drilled"
    folder.mkdir(mode=0o711)
    site = build_site(folder, object_store_server, max_prepared_transactions="20")
    # One repository is enough: copies and WAL go to one bucket.
    site.backrest = replace(site.backrest, buckets=site.backrest.buckets[:1])
    site.backrest.configure(object_store_server.server.authority)
    site.primary.cluster.start()
    try:
        site.serve()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATAOPS_BUCKET", site.bucket)
            patch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
            made = Plant(site, folder)
            site.primary.execute(WORK)
            with made.under_load():
                made.back_up()
                made.archive()
            made.archive()
        yield made
    finally:
        site.close()
        site.primary.cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def buckets_of_the_plant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the plant works in its bucket, whichever other servers this worker has started."""
    if "plant" in request.fixturenames:
        monkeypatch.setenv("DATAOPS_BUCKET", request.getfixturevalue("plant").site.bucket)
        monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
