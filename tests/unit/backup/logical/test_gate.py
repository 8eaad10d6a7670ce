"""The dump stands still while the disk is at its bound, and not for ever."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from dataops import process
from dataops.backup.logical.dump import Gate, StoreTooSlow


def state_of(running: process.Running) -> str:
    return Path(f"/proc/{running.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def until(condition: str, running: process.Running) -> None:
    for _ in range(1_000_000):
        if state_of(running) in condition:
            return
    raise AssertionError(f"the process is in state {state_of(running)}, not in {condition}")


def test_paused_above_the_bound_and_resumed_below_half() -> None:
    gate = Gate(bound=800, patience=60)
    with process.start([sys.executable, "-c", "while True: pass"], env={}) as running:
        gate.regulate(running, 400)
        until("R", running)
        gate.regulate(running, 401)
        until("T", running)
        gate.regulate(running, 200)
        until("T", running)
        gate.regulate(running, 199)
        until("R", running)
    assert gate.peak == 401
    assert gate.seconds_paused > 0


def test_a_pause_beyond_patience_ends_the_backup() -> None:
    gate = Gate(bound=800, patience=0)
    with process.start([sys.executable, "-c", "while True: pass"], env={}) as running:
        gate.regulate(running, 800)
        with pytest.raises(StoreTooSlow, match="disk_bound"):
            gate.regulate(running, 800)
