"""What stays of a round in the store: ledgers, charts and moments, each an artifact of its evidence."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Artifact, Check, Verdict
from dataops.failover.journaling import history
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.store import ObjectStore

PREFIX = "dataops-failover-"
"""Of the private folder of a round."""
_FORGOTTEN = timedelta(days=7)
KEPT = "ledger kept"


def forget_old(within: Path) -> None:
    """Take away ledgers that killed coordinators left on this machine, a week after they were written last.

    Until then they are worth having: of a coordinator that was killed nothing else tells what clients saw.
    """
    for folder in within.glob(f"{PREFIX}*"):
        with suppress(OSError):
            latest = max(each.stat().st_mtime for each in (folder, *folder.rglob("*")))
            if time.time() - latest > _FORGOTTEN.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)


def keep(stage: Stage) -> None:
    """Every leg's ledger, moments and chart, and what a reader of the evidence needs of them."""
    for leg in stage.legs:
        try:
            _keep(stage, leg)
        except DataOpsError as error:
            stage.findings.add(
                Check(
                    name=leg.named(KEPT),
                    verdict=Verdict.INCONCLUSIVE,
                    expected="the ledger is in the store",
                    reason=f"could not be kept: {error}",
                )
            )


def _keep(stage: Stage, leg: Leg) -> None:
    store, findings = stage.job.platform.store, stage.findings
    prefix = f"{history(stage.job.server.name, stage.run)}{leg.name}/"
    files = sorted((stage.folder / leg.name).glob("*")) if (stage.folder / leg.name).is_dir() else []
    for file in files:
        with file.open("rb") as reader:
            stored = store.upload(f"{prefix}{file.name}", reader)
        findings.artifacts.append(Artifact(key=stored.key, size=stored.size, sha256=stored.sha256))
    if files:
        findings.add(
            Check(
                name=leg.named(KEPT),
                verdict=Verdict.PASSED,
                expected="the ledger is in the store",
                observed=f"{len(files)} files under {prefix}",
            )
        )
    moments = json.dumps(
        {"marks": asdict(leg.marks), "fork": leg.fork, "old": leg.old, "new": leg.new, "why": leg.why},
        indent=2,
    )
    _put(store, findings.artifacts.append, f"{prefix}moments.json", moments)
    _draw(stage, leg, prefix)


def _draw(stage: Stage, leg: Leg, prefix: str) -> None:
    from dataops.failover.canary import view
    from dataops.failover.canary.chart import of_outage

    if leg.ledger is None or leg.marks.fault is None:
        return
    drawn = view.Leg(f"{leg.name} from {leg.old} to {leg.new}", leg.marks, leg.timing)
    picture = of_outage(leg.ledger, drawn, names=stage.servers)
    key = f"{prefix}chart.json"
    _put(stage.job.platform.store, stage.findings.artifacts.append, key, picture.model_dump_json())
    charts = stage.findings.data.setdefault("charts", [])
    assert isinstance(charts, list)
    charts.append(key)


def _put(store: ObjectStore, kept: Callable[[Artifact], None], key: str, body: str) -> None:
    stored = store.put(key, body)
    kept(Artifact(key=stored.key, size=stored.size, sha256=stored.sha256))
