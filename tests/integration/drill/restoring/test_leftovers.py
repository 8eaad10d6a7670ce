"""What is left of a drill is seen; what a dead one left is swept, and what cannot be is red."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.steps import Job
from dataops.drill import leftovers
from dataops.drill.restoring import torn_down
from dataops.drill.sweep import sweep
from dataops.evidence.verdict import Verdict


def test_a_folder_or_a_process_that_stayed_is_red_until_the_sweep(
    bench: Callable[..., Any],
    job_of: Callable[[Any], Job],
    work_dir: Path,
    drill_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = job_of(bench("SELECT 1"))
    folder = work_dir / f"dataops-drill-{drill_id}"
    (folder / "data").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"],
        cwd=folder / "data",
        stdout=subprocess.PIPE,
    ) as straggler:
        assert straggler.stdout is not None
        straggler.stdout.readline()
        left = torn_down(job, drill_id)
        assert left.verdict is Verdict.FAILED
        assert left.observed == [f"directory {folder}", f"process {straggler.pid}"]

        with monkeypatch.context() as patch:
            patch.setattr(leftovers, "end_server", lambda path: False)
            (red,) = leftovers.removals(job.platform, job.say, parent=work_dir)
            assert red.verdict is Verdict.FAILED

        record = sweep(job.platform, say=job.say, parent=work_dir)
        straggler.wait(timeout=20)
    assert record.verdict is Verdict.PASSED
    assert "no scratch servers of dead drills left" in [check.name for check in record.checks]
    assert "store: no unfinished uploads left" in [check.name for check in record.checks]
    assert list(work_dir.iterdir()) == []
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
