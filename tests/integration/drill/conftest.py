"""What drills of all kinds need in tests: an id, a folder to work in, a job and a recovery point."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.steps import Job
from dataops.drill.point import Point
from dataops.drill.run import new_drill_id


@pytest.fixture
def drill_id() -> str:
    return new_drill_id(datetime.now(UTC))


@pytest.fixture
def work_dir(server_folder: Path) -> Path:
    """Where drills have their directories: short, and open to PostgreSQL's own user."""
    folder = server_folder / f"drills-{secrets.token_hex(2)}"
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture
def job_of(work_dir: Path) -> Callable[[Any], Job]:
    """The job of a drill of a bench's database."""

    def make(one: Any) -> Job:
        return Job(one.platform, one.database, one.said.append, {"work_dir": str(work_dir)})

    return make


def latest(job: Job) -> Point:
    """The newest backup as it was taken."""
    header = catalog.backups(job.platform.store, job.subject.name)[0].header
    return Point("backup", header, header.snapshot_at, "the newest")
