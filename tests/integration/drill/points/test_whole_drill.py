"""One whole drill of a server, from choosing to proof: what it leaves, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.backup import catalog
from dataops.drill.run import run
from dataops.evidence.verdict import Verdict

from tests.integration.drill.points.conftest import Plant


def test_a_drill_proves_its_backup_and_writes_only_its_evidence_and_proof(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path))
    before = set(plant.site.keys(""))
    said: list[str] = []
    outcome = run(
        plant.platform, "plant", say=said.append, point="random", options={"work_dir": str(plant.folder)}
    )
    red = [
        check for check in outcome.record.checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
    ]
    assert outcome.record.verdict is Verdict.PASSED, red
    names = {check.name for check in outcome.record.checks}
    assert any(name.startswith("boundary") for name in names)
    assert {"RTO within objective", "RPO within objective"} <= names
    figures = {figure.name for figure in outcome.record.figures}
    assert {"rto", "restore", "replay", "start", "window", "window proven", "backups proven"} <= figures
    written = {key.split("/", 1)[0] for key in set(plant.site.keys("")) - before}
    assert written == {"evidence", "proofs", "leases"}
    assert before <= set(plant.site.keys(""))
    drilled = outcome.record.lineage.backup_id
    (backup,) = [each for each in catalog.backups(plant.platform.store, "plant") if each.backup_id == drilled]
    assert backup.proven and backup.proof is not None
    assert backup.proof.evidence == outcome.published.key and backup.proof.coverage
