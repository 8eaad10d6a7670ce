"""What the process that forks every task has imported, no task has to import again."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.airflow_home import ROOT
from tests.dags.conftest import Include

SCRIPT = """
import runpy, sys
from dataops.airflow import preloading
preloading.on_starting(object())
before = set(sys.modules)
runpy.run_path("dags/backup.py")
heavy = ("airflow.providers", "boto", "dataops")
print(*sorted(name for name in set(sys.modules) - before if name.startswith(heavy)))
"""


def test_a_forked_parse_imports_no_provider_and_no_room_of_ours(include: Include) -> None:
    include.server()
    include.database()
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == []
