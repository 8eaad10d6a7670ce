"""What ends servers that run as daemons even when the tests themselves are killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import os, pathlib, signal, sys
sys.stdin.read()  # ends when the tests close it, or end
for entry in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (entry / "cmdline").read_bytes() + b" " + os.readlink(entry / "cwd").encode()
    except OSError:
        continue
    if sys.argv[1].encode() in words and int(entry.name) != os.getpid():
        try:
            os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            pass
"""


class Keeper:
    """Kills whatever works in a folder once it is told so, or once this process is gone."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )

    def close(self) -> None:
        """Kill now, and wait until it is done."""
        self._process.communicate(timeout=20)
