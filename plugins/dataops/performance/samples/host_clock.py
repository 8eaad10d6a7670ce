"""How long the sampling host is up: a clock that nobody sets, beside those that somebody may."""

from __future__ import annotations

import time
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """What names this boot of the host; empty where the system does not tell (Linux does)."""
    try:
        return _BOOT.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def uptime() -> float:
    """Seconds since the host's boot, also those that it slept; 0 where the system does not tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else 0.0
