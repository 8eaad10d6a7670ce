"""Faults of WAL, repository, pages and indexes are put into copies of a physical backup, and seen."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from dataops.backup import catalog
from dataops.drill.rehearsal import rehearse
from dataops.evidence.verdict import Verdict

from tests.integration.drill.rehearsal.random_mutations import SEED
from tests.integration.plant import Run, Site

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
SAMPLE = (
    "WAL: first segment of the backup missing",
    "WAL: recovery stops one commit late",
    "data: row lost",
    "data: page of an index zeroed",
    "data: key edited in an index",
    "data: page of an index with another checksum",
    "roles: membership lost",
    "data: visibility map of another moment",
    "schema: generated column that holds another value",
    "schema: function of an extension that does something else",
)


@pytest.mark.torture
@pytest.mark.timeout(3000)
def test_every_fault_of_a_server_is_seen_and_its_repository_is_not_touched(
    site: Site, full: Run, work_dir: Path
) -> None:
    before = site.keys("backups/")
    record = rehearse(
        site.platform(),
        "plant",
        say=print,
        only=None if TORTURE else random.Random(SEED).sample(SAMPLE, 4),
        options={"work_dir": str(work_dir)},
    )
    print(f"DATAOPS_SEED={SEED}")
    assert [check for check in record.checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}] == []
    assert record.verdict is Verdict.PASSED, record.reason
    newest = catalog.backups(site.platform().store, "plant")[0]  # other tests of the worker take backups too
    assert record.lineage.backup_id == newest.header.backup_id >= full.backup_id
    assert set(before) <= set(site.keys("backups/"))
    assert site.keys("rehearsals/") == []
    assert list(work_dir.iterdir()) == []
