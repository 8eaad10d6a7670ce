"""What our side of WAL-G does: a stand-in program that speaks WAL-G's documented words, not WAL-G itself.

WAL-G is in no package of Debian or PyPI. The stand-in lists, fetches a base backup and serves WAL from a
folder; what it proves is our arguments, our reading of its JSON, and recovery by ``wal-fetch``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.drill.run import Outcome
from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from sandbox.postgresql import programs
from tests.integration.drill.adapters.conftest import told

STAND_IN = """#!/bin/sh
[ "$1" = "--version" ] && { echo "wal-g version stand-in"; exit 0; }
[ "$1" = "--config" ] || exit 64
archive=$(dirname "$2")/wal; base=$(dirname "$2")/base; list=$(dirname "$2")/list.json
shift 2
case "$1" in
backup-list) [ "$2 $3" = "--json --detail" ] || exit 64; cat "$list" ;;
backup-fetch) [ "$3" = "base_000000010000000000000002" ] || exit 1; cp -a "$base" "$2" ;;
wal-fetch) cp "$archive/$2" "$3" 2>/dev/null || exit 74 ;;
*) exit 64 ;;
esac
"""


@pytest.fixture
def storage(
    start_primary: Callable[..., Any], server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Path]:
    """A server, and the folder of the stand-in with a base backup and later WAL."""
    folder = server_folder / "walg"
    (folder / "wal").mkdir(parents=True)
    for path in (folder, folder / "wal"):
        path.chmod(0o777)
    archiving = {
        "archive_mode": "on",
        "archive_command": f"cp %p {folder}/wal/%f && chmod 644 {folder}/wal/%f",
    }
    primary = start_primary("walg", archiving)
    primary.execute("CREATE TABLE orders AS SELECT generate_series(1, 200) AS id")
    environment = {**os.environ, "PGPASSWORD": primary.cluster.password}
    argv = [programs() / "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
    subprocess.run(
        [*argv, "-D", folder / "base", "-X", "none", "--no-sync", "-c", "fast"], env=environment, check=True
    )
    primary.execute("INSERT INTO orders SELECT generate_series(201, 300)")
    (name,) = primary.execute("SELECT pg_walfile_name(pg_switch_wal())")[0]
    assert wait_until(lambda: (folder / "wal" / name).exists(), seconds=30)
    listed = {
        "backup_name": "base_000000010000000000000002",
        "time": "2026-11-25T12:00:00Z",
        "wal_file_name": "000000010000000000000002",
        "start_time": "2026-11-25T11:58:00.5Z",
        "finish_time": "2026-11-25T11:59:30.25Z",
        "pg_version": 150018,
        "start_lsn": 33554472,
        "uncompressed_size": 30_000_000,
    }
    (folder / "list.json").write_text(json.dumps([listed]))
    (folder / "walg.json").write_text("{}")
    program = folder / "bin" / "wal-g"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return primary, folder


def test_what_the_stand_in_fetches_is_recovered_and_checked(
    storage: tuple[Any, Path], drill_server: Callable[..., Outcome]
) -> None:
    primary, folder = storage
    source = {"kind": "wal_g", "location": str(folder / "walg.json")}
    smoke = [{"name": "shop", "sql": "SELECT max(id) FROM orders", "expect": 300, "database": "postgres"}]
    outcome = drill_server(primary, source, smoke=smoke)
    assert outcome.record.verdict is Verdict.PASSED, told(outcome)
    assert outcome.record.details["point"]["at"] == "2026-11-25T11:59:30.250000+00:00"
    shutil.rmtree(folder / "base")
    outcome = drill_server(primary, source)
    assert outcome.record.verdict is Verdict.FAILED
    assert "WAL-G could not fetch base_000000010000000000000002" in outcome.record.reason
