"""A worker that is killed at any moment leaves nothing once the sweep has run, and the next drill passes."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.logical.workspace import programs_of
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill import leftovers
from dataops.drill.run import new_drill_id
from dataops.drill.scratch.local import private_folder
from dataops.drill.scratch.shared_memory import segment_of
from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from tests.integration.plant import Run, Site

ROOT = Path(__file__).parents[4]
MOMENTS = (
    {"logical": 20, "physical": 20} if os.environ.get("DATAOPS_TORTURE") else {"logical": 2, "physical": 1}
)


class Worker:
    """Drills of one job, each in a process of its own."""

    def __init__(self, job: Job, connections: Mapping[str, Connection], work_dir: Path) -> None:
        self.job, self.connections, self.work_dir = job, dict(connections), work_dir

    def start(self) -> subprocess.Popen[str]:
        spec = self.work_dir.with_suffix(".pickle")
        told = (
            self.job.subject,
            self.job.platform.inventory,
            self.connections,
            dict(self.job.options),
            new_drill_id(datetime.now(UTC)),
        )
        spec.write_bytes(pickle.dumps(told))
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.drill.restoring.one_drill", str(spec)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/plugins:{ROOT}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        return process

    def pass_one(self) -> float:
        """Seconds of a drill that is left alone, and passes."""
        begun, healthy = time.monotonic(), self.start()
        output, errors = healthy.communicate(timeout=180)
        assert healthy.returncode == 0, errors
        assert output == "passed\n"
        return time.monotonic() - begun

    def kill_one(self, after: float) -> None:
        run = self.start()
        try:
            run.wait(timeout=after)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)


def segments() -> set[int]:
    """The System V shared memory segments of this host, where other servers run too."""
    return {int(line.split()[1]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


def survive(worker: Worker, moments: int) -> None:
    parent = worker.work_dir
    length = worker.pass_one()
    seed = random.randrange(1 << 32)
    print(f"random seed {seed}")
    chance = random.Random(seed)
    for _ in range(moments):
        worker.kill_one(chance.uniform(0, length))
        own = [segment_of(folder / "data") for folder in parent.iterdir()]
        checks = list(leftovers.removals(worker.job.platform, worker.job.say, parent=parent))
        assert {check.verdict for check in checks} == {Verdict.PASSED}, checks
        assert list(parent.iterdir()) == []
        assert programs_of(parent) == []
        removed = {segment.id for segment in own if segment}
        # One that is marked for removal goes with the last process that is still ending.
        assert wait_until(lambda removed=removed: not segments() & removed, seconds=20)
    worker.pass_one()


@pytest.mark.torture
def test_a_logical_drill(bench: Callable[..., Any], job_of: Callable[[Any], Job], work_dir: Path) -> None:
    one = bench()
    one.backup()
    survive(Worker(job_of(one), one.connections, work_dir), MOMENTS["logical"])


@pytest.mark.torture
def test_a_physical_drill(site: Site, full: Run, work_dir: Path) -> None:
    said: list[str] = []
    job = Job(site.platform(), site.server(), said.append, {"work_dir": str(work_dir)})
    survive(Worker(job, site.connections, work_dir), MOMENTS["physical"])


def test_a_living_drill_is_left_alone(
    bench: Callable[..., Any], job_of: Callable[[Any], Job], work_dir: Path, drill_id: str
) -> None:
    job = job_of(bench("SELECT 1"))
    with private_folder(work_dir, drill_id) as folder:
        (check,) = leftovers.removals(job.platform, job.say, parent=work_dir)
        assert check.verdict is Verdict.PASSED
        assert folder.is_dir()
