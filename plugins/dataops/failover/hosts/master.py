"""One open connection of OpenSSH that many commands share (ssh_config(5), ControlMaster)."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataops import process


class NotOpened(Exception):
    """It was not opened; the message is what ssh said last."""


class Master:
    """The connection and its control socket, in a private folder; gone with whoever holds it.

    However this process ends, the connection ends with it (``process.start``).
    """

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="dataops-ssh-")
        self._running: list[process.Running] = []
        self._end = weakref.finalize(self, _let_go, self.folder, self._running)

    @property
    def socket(self) -> Path:
        """The control socket; there once the connection is open."""
        return Path(self.folder) / "master"

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as is known here."""
        return bool(self._running) and self._running[0].poll() is None

    def open(self, command: Sequence[str], *, env: Mapping[str, str], within: float) -> None:
        """Run ``ssh … -o ControlMaster=yes -N …`` and wait for its socket; ``NotOpened`` otherwise."""
        running = process.start(command, env=env)
        self._running.append(running)
        until = time.monotonic() + within
        while not self.socket.exists():
            if running.poll() is not None:
                raise NotOpened(running.wait(1, check=False).stderr_tail)
            if time.monotonic() > until:
                raise NotOpened(f"no answer in {within:g} s")
            time.sleep(0.005)

    def close(self) -> None:
        """End the connection and remove the folder."""
        self._end()


def _let_go(folder: str, running: list[process.Running]) -> None:
    for each in running:
        each.stop()
    shutil.rmtree(folder, ignore_errors=True)
