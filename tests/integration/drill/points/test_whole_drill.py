"""A whole drill after a failover: the archive has two timelines, and the drill leaves only what it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dataops.backup import catalog
from dataops.drill.choosing import choose
from dataops.drill.run import run
from dataops.evidence.verdict import Verdict

from sandbox import os_user
from sandbox.deadline import wait_until
from tests.integration.drill.points.conftest import Plant


@dataclass(frozen=True)
class FailedOver:
    """The transaction before a failover with its time, two behind it, and a moment between those."""

    before: int
    before_at: datetime
    behind: int
    last: int
    between: datetime


@pytest.fixture(scope="module")
def failed_over(plant: Plant) -> Iterator[FailedOver]:
    """The server on a timeline of its own, as a promoted standby begins one."""
    primary, insert = plant.site.primary, "INSERT INTO ledger DEFAULT VALUES RETURNING xid::text"
    before, at = primary.execute(f"{insert}, clock_timestamp()")[0]
    primary.execute("ALTER SYSTEM SET restore_command = 'false'")
    primary.cluster.stop("fast")
    os_user.own_file(primary.cluster.data / "recovery.signal", "")
    primary.cluster.start()
    assert wait_until(lambda: primary.execute("SELECT pg_is_in_recovery()") == [(False,)], seconds=30)
    behind = primary.execute(insert)[0][0]
    between = datetime.now(UTC)
    last = primary.execute(insert)[0][0]
    # The store tells whole seconds, rounded down: what arrives in this one is not known to lie behind it.
    assert wait_until(lambda: datetime.now(UTC) - between > timedelta(seconds=1), seconds=10)
    assert plant.archive().startswith("00000002")
    yield FailedOver(int(before), at, int(behind), int(last), between)


def test_moments_of_both_timelines_are_found(plant: Plant, failed_over: FailedOver) -> None:
    old = choose(plant.drill(), failed_over.before_at.isoformat()).boundary
    assert old is not None and old.before and old.after, old
    assert old.after.xid == failed_over.before  # it was told the time just before it committed
    new = choose(plant.drill(), failed_over.between.isoformat()).boundary
    assert new is not None and new.before and new.after, new
    assert (new.before.xid, new.after.xid) == (failed_over.behind, failed_over.last)


def test_a_drill_proves_its_backup_and_writes_only_its_evidence_and_proof(
    plant: Plant, failed_over: FailedOver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path))
    objects = set(plant.site.keys(""))
    said: list[str] = []
    outcome = run(
        plant.platform,
        "plant",
        say=said.append,
        point=failed_over.between.isoformat(),
        options={"work_dir": str(plant.folder)},
    )
    verdicts = {check.name: check.verdict for check in outcome.record.checks}
    red = [
        check for check in outcome.record.checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
    ]
    assert outcome.record.verdict is Verdict.PASSED, red
    assert verdicts["boundary: the commit before is there, the one after is not"] is Verdict.PASSED
    assert verdicts["RTO within objective"] is Verdict.PASSED
    assert verdicts["RPO within objective"] is Verdict.NOT_APPLICABLE
    figures = {figure.name for figure in outcome.record.figures}
    assert {"rto", "restore", "replay", "start", "window", "window proven", "backups proven"} <= figures
    written = {key.split("/", 1)[0] for key in set(plant.site.keys("")) - objects}
    assert written == {"evidence", "proofs", "leases"}
    assert objects <= set(plant.site.keys(""))
    drilled = outcome.record.lineage.backup_id
    (backup,) = [each for each in catalog.backups(plant.platform.store, "plant") if each.backup_id == drilled]
    assert backup.proven and backup.proof is not None
    assert backup.proof.evidence == outcome.published.key and backup.proof.coverage
