"""A server's backup becomes a server of its own, at its manifest's very LSN, and nothing of it is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.backup.steps import Job
from dataops.drill.restoring import physical, restored, torn_down
from dataops.errors import InconclusiveError
from dataops.evidence.verdict import Verdict

from tests.integration.drill.conftest import latest
from tests.integration.plant import Run, Site

LACKING = "The library audit of shared_preload_libraries is not installed for PostgreSQL 15."


@pytest.fixture
def job(site: Site, full: Run, work_dir: Path) -> Job:
    said: list[str] = []
    return Job(site.platform(), site.server(), said.append, {"work_dir": str(work_dir)})


def test_a_backup_equals_its_manifest_and_is_gone_afterwards(job: Job, drill_id: str, work_dir: Path) -> None:
    with restored(job, latest(job), drill_id=drill_id) as server:
        assert "postgres" in server.dbnames
        assert not server.inexact
        for database in server.databases:
            assert database.expected is not None
            observed = collect(server.connection, dbname=database.dbname, keys=server.keys)
            assert [*differences(database.expected, observed, method="physical")] == []
        assert server.phases.restore > 0
        assert server.phases.replay > 0
        assert server.phases.start > 0
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert list(work_dir.iterdir()) == []


def test_a_library_that_is_missing_here_is_inconclusive_and_nothing_stays(
    job: Job, drill_id: str, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(physical, "lacking_libraries", lambda names, major: [LACKING])
    with (
        pytest.raises(InconclusiveError, match="library audit"),
        restored(job, latest(job), drill_id=drill_id),
    ):
        pass
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert list(work_dir.iterdir()) == []
