"""What the boundary's check says where there is nothing to ask, or nobody to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.connections import Connection
from dataops.drill.boundary import Boundary, boundary_check
from dataops.drill.commits import Commit
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.evidence.verdict import Verdict
from dataops.inventory import Drill

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
COMMIT = Commit(735, "0/153B7C8", NOW)


def restored(folder: Path, boundary: Boundary | None, **fields: Any) -> RestoredServer:
    """A restored server that does not answer."""
    header = Header(
        backup_id="20261123T030000Z-abcdef",
        subject="main",
        kind="server",
        method="physical",
        environment="test",
        server="main",
        started=NOW,
        finished=NOW,
        snapshot_at=NOW,
        consistency=Consistency.EXACT_LSN,
        encryption=Encryption(scheme="off"),
    )
    server = RestoredServer(
        drill_id="one",
        point=Point("instant", header, NOW, "a test", boundary=boundary),
        header=header,
        method="physical",
        connection=Connection(id="none", type="postgres", host=str(folder), login="nobody"),
        major=15,
        keys=None,  # type: ignore[arg-type]
        settings=Drill(),
        phases=Phases(),
        dbnames=(),
        expectations={},
    )
    return replace(server, **fields)


def test_a_snapshot_has_no_wal_to_stop_in(tmp_path: Path):
    check = boundary_check(restored(tmp_path, None, method="logical"))
    assert check.verdict is Verdict.NOT_APPLICABLE and "snapshot" in check.reason


def test_the_wal_of_another_program_is_not_read(tmp_path: Path):
    check = boundary_check(restored(tmp_path, None, without_manifest="taken by Barman"))
    assert check.verdict is Verdict.NOT_APPLICABLE and check.reason


@pytest.mark.parametrize("boundary", [None, Boundary(unknown="WAL segment X is not in the archive.")])
def test_a_boundary_that_nobody_knows_is_inconclusive(tmp_path: Path, boundary: Boundary | None):
    check = boundary_check(restored(tmp_path, boundary))
    assert check.verdict is Verdict.INCONCLUSIVE
    if boundary is not None:
        assert boundary.unknown in check.reason


def test_an_idle_archive_has_no_commit_to_ask_for_and_says_so(tmp_path: Path):
    idle = Boundary(no_before="no transaction committed in 16 segments", no_after="the archive ends")
    check = boundary_check(restored(tmp_path, idle))
    assert check.verdict is Verdict.NOT_APPLICABLE
    assert "16 segments" in check.reason and "the archive ends" in check.reason


def test_a_server_that_died_is_inconclusive(tmp_path: Path):
    check = boundary_check(restored(tmp_path, Boundary(before=COMMIT, no_after="the archive ends")))
    assert check.verdict is Verdict.INCONCLUSIVE
