"""A clean pgbench database under load, again and again: no finding of severity warning or above."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest
from dataops.performance.finding import Severity
from dataops.performance.findings import judge

from sandbox.postgresql import programs
from tests.integration.performance.watched import watched

SECONDS = int(os.environ.get("DATAOPS_CALM_SECONDS", "3600"))
"""Length of one round."""
ROUNDS = int(os.environ.get("DATAOPS_CALM_ROUNDS", "3"))
"""One after another on one database, each compared with those before it."""
EVERY = min(60, SECONDS / 3)
"""Seconds between two samples."""
AS_SHIPPED = {
    "fsync": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


@pytest.mark.torture
@pytest.mark.timeout((ROUNDS + 1) * SECONDS + 600)
@pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="make torture")
def test_hours_of_pgbench_bring_no_warning(
    start_primary: Callable[..., Any], object_store_server: Any
) -> None:
    server = start_primary("calm", AS_SHIPPED)
    calm = watched(server, object_store_server, "CREATE EXTENSION pg_stat_statements")
    _pgbench(calm, "--initialize", "--scale=10", "--foreign-keys", "--quiet")
    earlier: list[Any] = []
    for _ in range(ROUNDS):
        calm.taken.clear()
        calm.sample()
        load = threading.Thread(
            target=_pgbench, args=(calm, f"--time={SECONDS}", "--client=2", "--rate=200", "--no-vacuum")
        )
        load.start()
        while load.is_alive():
            load.join(EVERY)
            calm.sample()
        window = calm.window()
        judgement = judge(window, earlier)
        loud = [each for each in judgement.findings if each.severity is not Severity.NOTICE]
        assert [(each.code, each.object, each.sentence) for each in loud] == []
        assert not [gap for gap in judgement.gaps if "broke" in gap.reason]
        earlier.insert(0, window)


def _pgbench(calm: Any, *options: str) -> None:
    command = [str(programs() / "pgbench"), *options, calm.primary.dsn(calm.dbname)]
    subprocess.run(command, check=True, capture_output=True, timeout=2 * SECONDS + 600)
