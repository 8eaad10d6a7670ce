"""What killed coordinators leave on a machine does not stay for good."""

from __future__ import annotations

import os
import time
from pathlib import Path

from dataops.failover.round.keeping import PREFIX, forget_old

DAY = 86400


def left(within: Path, name: str, days: float) -> Path:
    folder = within / name
    file = folder / "failover" / "session-1.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    for each in (file, file.parent, folder):
        os.utime(each, (time.time() - days * DAY,) * 2)
    return folder


def test_a_ledger_is_forgotten_a_week_after_it_was_written_last(tmp_path: Path) -> None:
    old, young = left(tmp_path, f"{PREFIX}old", 8), left(tmp_path, f"{PREFIX}young", 6)
    other = left(tmp_path, "something-else", 30)

    forget_old(tmp_path)

    assert not old.exists()
    assert young.exists()
    assert other.exists()
