"""A server is restored from the store to an exact moment, and says so itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataops.backup.restore.physical import restore_physical
from dataops.evidence.verdict import Verdict

from tests.integration.plant import Run, Site


@pytest.fixture
def target(server_folder: Path) -> Iterator[Path]:
    yield server_folder / "restored"
    for name in ("restored", "restored.recovery", "restored.tablespaces"):
        shutil.rmtree(server_folder / name, ignore_errors=True)


def test_a_backup_id_restores_what_its_manifest_says_and_not_a_commit_more(
    site: Site, full: Run, target: Path
) -> None:
    site.primary.execute("INSERT INTO things VALUES (-1, 'after the backup')")
    said: list[str] = []
    report = restore_physical(
        site.platform(), site.server(), point=full.backup_id, target=target, say=said.append, verify=True
    )
    assert [check.verdict for check in report.checks] == [Verdict.PASSED] * 3, report.checks
    assert said[0].startswith("1. Copy backup")
    assert not target.with_name("restored.recovery").exists()


def test_what_the_other_region_holds_is_restored_by_its_own_name(site: Site, full: Run, target: Path) -> None:
    report = restore_physical(
        site.platform(),
        site.server(),
        point=full.backup_id,
        target=target,
        say=lambda line: None,
        verify=True,
        from_replica=True,
    )
    assert [check.verdict for check in report.checks] == [Verdict.PASSED] * 3, report.checks
