"""A run that is killed leaves no false backup, and the next one cleans up behind it."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.backup import sweep
from dataops.evidence.verdict import Verdict
from dataops.store import LeaseHeld

ROOT = Path(__file__).parents[4]
MOMENTS = 20 if os.environ.get("DATAOPS_TORTURE") else 2
# Random text does not compress: two files of about 12 MB each are sent in parts while they grow.
LARGE = """
CREATE TABLE a AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text) AS v
  FROM generate_series(1, 200000) AS i;
CREATE TABLE b AS SELECT * FROM a;
SELECT count(lo_from_bytea(0, convert_to('object ' || i, 'UTF8'))) FROM generate_series(1, 500) AS i;
"""


def start(one: Any) -> subprocess.Popen[bytes]:
    job = one.job()
    spec = one.work_dir.with_suffix(".pickle")
    spec.write_bytes(pickle.dumps((job.subject, job.platform.inventory, one.connections, dict(job.options))))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.backup.logical.one_run", str(spec)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/plugins:{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


def finish(one: Any) -> None:
    """A run that passes, once the lease of the killed one has ended."""
    deadline = time.monotonic() + 30
    while True:
        try:
            one.backup()
            return
        except LeaseHeld:
            assert time.monotonic() < deadline


def programs_of(one: Any) -> list[str]:
    """Processes that were told to work in the runs' folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"{one.work_dir}/".encode() in command:
            found.append(process.name)
    return found


@pytest.mark.torture
def test_sigkill_at_random_moments(bench: Any, primary: Any) -> None:
    one = bench(LARGE)
    begun = time.monotonic()
    healthy = start(one)
    output, errors = healthy.communicate(timeout=120)
    assert healthy.returncode == 0, errors.decode()
    assert output.endswith(b"published\n")
    assert int(output.split()[-2]) < 300 << 20  # bytes of memory, in a process that does nothing else
    length = time.monotonic() - begun

    seed = random.randrange(1 << 32)
    print(f"random seed {seed}")
    chance = random.Random(seed)
    published = 1
    for _ in range(MOMENTS):
        run = start(one)
        try:
            run.wait(timeout=chance.uniform(0, length))
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        said = run.communicate(timeout=60)[0]
        headers = one.published()
        published += said.endswith(b"published\n")
        assert published <= len(headers) <= published + 1  # killed between the manifest and the last word
        published = len(headers)
        # what counts as a backup is complete
        for header in headers:
            found = {key: one.store.sha256_of(key) for key in (artifact.key for artifact in header.objects)}
            assert found == {artifact.key: (artifact.sha256, artifact.size) for artifact in header.objects}

    finish(one)
    assert one.leftovers() == []
    assert programs_of(one) == []
    assert list(one.store.pending_uploads("backups/")) == []
    assert len(one.published()) == published + 1
    now = datetime.now(UTC)
    checks = list(sweep.removals(one.platform, one.said.append, grace=timedelta(0), now=now))
    assert {check.verdict for check in checks} == {Verdict.PASSED}
    kept = {header.backup_id for header in one.published()}
    assert {key.split("/")[2] for key in one.keys(one.folder + "2")} == kept
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dataops backup %'"
    assert primary.execute(sessions) == [(0,)]


def test_sigterm_ends_the_dump_within_the_time_that_airflow_gives(bench: Any) -> None:
    one = bench(LARGE)
    run = start(one)
    deadline = time.monotonic() + 60
    while not programs_of(one):
        assert time.monotonic() < deadline
    run.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    run.communicate(timeout=60)
    while programs_of(one):
        assert time.monotonic() - begun < 5
    assert one.published() == []
