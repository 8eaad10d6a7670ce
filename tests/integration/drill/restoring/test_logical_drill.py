"""A database's backup becomes a server of its own, equal to its manifest, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.backup.restore.download import Damaged
from dataops.drill.restoring import restored, torn_down
from dataops.evidence.verdict import Verdict
from dataops.store import DecryptionFailed

from tests.integration.drill.conftest import latest


def test_the_restored_server_equals_the_manifest_and_is_gone_afterwards(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], drill_id: str, work_dir: Path
) -> None:
    one = bench()
    one.backup()
    job = job_of(one)
    with restored(job, latest(job), drill_id=drill_id) as server:
        (database,) = server.databases
        assert database.exact
        assert database.expected is not None
        observed = collect(server.connection, dbname=database.dbname, keys=server.keys)
        assert [*differences(database.expected, observed)] == []
        assert [line for line in server.restore_log if "error:" in line] == []
        assert server.phases.restore > 0
        assert torn_down(job, drill_id).verdict is Verdict.FAILED
    check = torn_down(job, drill_id)
    assert check.verdict is Verdict.PASSED, check
    assert list(work_dir.iterdir()) == []


def test_a_damaged_backup_is_no_restore_and_nothing_of_it_stays(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], drill_id: str, work_dir: Path
) -> None:
    one = bench("CREATE TABLE t AS SELECT 1 AS a")
    one.backup()
    job = job_of(one)
    point = latest(job)
    key = next(each.key for each in point.header.objects if "/pieces/" in each.key)
    one.store.put(key, one.store.get(key)[:-1] + b"?")
    with pytest.raises((Damaged, DecryptionFailed)), restored(job, point, drill_id=drill_id):
        pass
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert list(work_dir.iterdir()) == []
