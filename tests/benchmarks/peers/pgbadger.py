"""pgBadger on a server's stderr log: what it tells, and where that would show a problem of the catalogue."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.shown import Shown, holds, says

SETTINGS = {
    "log_min_duration_statement": "0",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "log_checkpoints": "on",
    "log_autovacuum_min_duration": "0",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
"""What its documentation asks a server to log."""

LONGEST = 120
"""Seconds that it may take for the log of one problem."""

SHOWN: Mapping[str, Shown] = {
    "lock-waits": holds("lock_info", "*"),
    "deadlocks": says("deadlock detected"),
    "temp-spill": holds("tempfile_info", "*", "count"),
    "checkpoint-storm": holds("checkpoint_info", "warning_seconds"),
    "archiver-failing": says("archive command failed"),
    "collation-mismatch": says("has no actual collation version"),
    "connection-saturation": says("remaining connection slots"),
    "n-plus-one": holds("normalyzed_info", "*"),
    "large-sequential-scans": holds("normalyzed_info", "*"),
}
"""Where its output would show the problem; it looks at no catalog and no statistics, so nothing of the rest.

For N+1 and scans its lists of frequent and slow statements count, though they say nothing of the kind."""


class Failed(Exception):
    """pgBadger made no report of a log."""


def tell(log: Path) -> Mapping[str, Any]:
    """What it tells of a log, as its own JSON."""
    out = log.with_suffix(".json")
    out.unlink(missing_ok=True)
    options = ["-q", "-f", "stderr", "-p", SETTINGS["log_line_prefix"], "-x", "json", "-o", str(out)]
    # With the usual folder of its pid file only one may run on a machine.
    command = ["pgbadger", *options, "--pid-dir", str(log.parent), str(log)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LONGEST)
    if done.returncode or not out.exists():
        raise Failed(f"pgBadger: {(done.stderr or done.stdout).strip()[-300:]}")
    told: Mapping[str, Any] = json.loads(out.read_text(encoding="utf-8", errors="replace"))
    return told
