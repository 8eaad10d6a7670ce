"""A real Barman's backup becomes a checked server, up to its last archived commit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dataops.drill.run import Outcome
from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from sandbox.postgresql import programs
from tests.integration.drill.adapters.conftest import told

CONFIG = """
[barman]
barman_user = root
barman_home = {home}
log_file = {home}/barman.log
configuration_files_directory = {home}/none
immediate_checkpoint = true
[main]
description = tests
conninfo = host=127.0.0.1 port={port} user=postgres password={password} dbname=postgres
streaming_conninfo = host=127.0.0.1 port={port} user=postgres password={password}
backup_method = postgres
streaming_archiver = off
archiver = on
path_prefix = {programs}
"""
SMOKE = [{"name": "shop", "sql": "SELECT max(id) FROM orders", "expect": 300, "database": "shop"}]


class Taken:
    """A server that Barman backs up, and Barman's own home."""

    def __init__(self, primary: Any, home: Path) -> None:
        self.primary, self.home = primary, home
        self.config = home / "barman.conf"
        self.incoming = home / "main" / "incoming"

    def barman(self, *words: str) -> None:
        subprocess.run(["barman", "--config", self.config, *words], check=True, capture_output=True)

    def archive(self) -> None:
        """All WAL until now is in Barman's hands."""
        (name,) = self.primary.execute("SELECT pg_walfile_name(pg_switch_wal())")[0]
        assert wait_until(lambda: (self.incoming / name).exists(), seconds=30), f"{name} was not archived"
        self.barman("archive-wal", "main")

    @property
    def source(self) -> dict[str, Any]:
        return {"kind": "barman", "location": "main", "config": str(self.config)}


@pytest.fixture(scope="module")
def taken(start_primary: Callable[..., Any], server_folder: Path) -> Iterator[Taken]:
    """A backup, and commits after it."""
    if shutil.which("barman") is None:
        pytest.fail("barman is missing: make setup installs it")
    home = server_folder / "barman"
    incoming = home / "main" / "incoming"
    incoming.mkdir(parents=True)
    incoming.chmod(0o777)
    for folder in (home, home / "main"):
        folder.chmod(0o711)
    archiving = {"archive_mode": "on", "archive_command": f"cp %p {incoming}/%f"}
    primary = start_primary("barman", archiving)
    one = Taken(primary, home)
    words = {"home": home, "port": primary.port, "password": primary.cluster.password, "programs": programs()}
    one.config.write_text(CONFIG.format(**words))
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE TABLE orders (id int PRIMARY KEY)", dbname="shop")
    primary.execute("INSERT INTO orders SELECT generate_series(1, 200)", dbname="shop")
    one.archive()
    one.barman("backup", "main")
    primary.execute("INSERT INTO orders SELECT generate_series(201, 300)", dbname="shop")
    one.archive()
    yield one


def test_a_backup_of_barman_passes_up_to_the_last_archived_commit(
    taken: Taken, drill_server: Callable[..., Outcome], work_dir: Path
) -> None:
    outcome = drill_server(taken.primary, taken.source, smoke=SMOKE)
    assert outcome.record.verdict is Verdict.PASSED, told(outcome)
    verdicts = {check.name: check.verdict for check in outcome.record.checks}
    assert verdicts["shop: smoke: shop"] is Verdict.PASSED
    assert verdicts["shop: definitions"] is Verdict.NOT_APPLICABLE
    assert verdicts["shop: btree indexes"] is Verdict.PASSED
    assert outcome.record.programs["barman"].startswith("3.")
    assert [*work_dir.iterdir()] == []


def test_wal_that_barman_lost_is_red(taken: Taken, drill_server: Callable[..., Outcome]) -> None:
    for number in range(301, 304):
        taken.primary.execute(f"INSERT INTO orders VALUES ({number})", dbname="shop")
        taken.archive()
    wal = sorted(path for path in (taken.home / "main" / "wals").rglob("*") if len(path.name) == 24)
    wal[-2].unlink()
    outcome = drill_server(taken.primary, taken.source)
    assert outcome.record.verdict is Verdict.FAILED, told(outcome)
    assert f"WAL segment {wal[-2].name} is missing" in outcome.record.reason or "could not restore" in (
        outcome.record.reason
    )


def test_a_server_that_barman_does_not_know_is_inconclusive(
    taken: Taken, drill_server: Callable[..., Outcome]
) -> None:
    outcome = drill_server(taken.primary, {**taken.source, "location": "other"})
    assert outcome.record.verdict is Verdict.INCONCLUSIVE
    assert "gave no answer about other" in outcome.record.reason
    outcome = drill_server(taken.primary, {"kind": "pg_dump", "location": "/dumps"})
    assert outcome.exit_code == 2
    assert "main is a server" in outcome.record.reason
