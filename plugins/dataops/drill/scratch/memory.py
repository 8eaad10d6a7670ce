"""How much memory a scratch server may take."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_MIB = 1 << 20
SCANNING = {"shared_buffers": "128MB"}
"""For a server whose pages are read from end to end, by checks: a page that is copied from the kernel's cache
into memory never used before costs more than one that goes through a small ring. Measured on 1.3 GB that is
read four times: 8.6 s of CPU, against 9.7 s with shared buffers that hold everything."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory() -> int:
    """Bytes that this worker may use: the machine's, or its container's limit where that is lower."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in _LIMITS:
        with suppress(OSError, ValueError):
            found.append(int(file.read_text(encoding="utf-8")))
    return min(found)


def available() -> int:
    """Bytes that could be taken now without swapping (MemAvailable of proc(5)), within the limits."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return min(memory(), int(line.split()[1]) * 1024)
    return memory()


def settings(total: int, jobs: int) -> dict[str, str]:
    """PostgreSQL's memory settings for a server that shares ``total`` bytes with the drill itself. Pure."""
    shared = _between(128, total // 8, 1024)
    return {
        "shared_buffers": f"{shared}MB",
        "maintenance_work_mem": f"{_between(64, total // (16 * jobs), 512)}MB",
        "work_mem": f"{_between(8, total // (64 * jobs), 128)}MB",
        "effective_cache_size": f"{max(shared, total // 2 // _MIB)}MB",
        "wal_buffers": "16MB",
    }


def _between(least: int, wished: int, most: int) -> int:
    """MiB of the wished bytes, within bounds of MiB."""
    return max(least, min(wished // _MIB, most))
