"""One child process and the thread that starts it, measures it and waits for it."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from dataops.errors import ConfigurationError
from dataops.process.errors import ProgramMissing
from dataops.process.orphans import Keeper, tethered

UNKNOWN_END = 255
"""The exit code of a program whose real one was reaped behind our back."""
_SAMPLE_EVERY = 200
"""Milliseconds between two looks at the child's memory."""


class Child:
    """A child process in its own session. Its thread lives as long as it does: see ``tethered``."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: dict[str, str],
        cwd: str | Path | None,
        input: bytes | None,
        user: str | None,
        stdout: int | IO[bytes] | None,
    ) -> None:
        self.name = Path(argv[0]).name
        self.ended = threading.Event()
        self.seconds = 0.0
        self.peak_memory = 0
        self._input = input
        self._started = threading.Event()
        self._error: Exception | None = None
        self._process: subprocess.Popen[str]
        self._program, self._path = argv[0], env.get("PATH", os.defpath)
        self._arguments: dict[str, Any] = {
            "args": tethered(argv, user),
            "env": env,
            "cwd": cwd,
            "stdin": subprocess.DEVNULL if input is None else subprocess.PIPE,
            "stdout": subprocess.PIPE if stdout is None else stdout,
            "stderr": subprocess.PIPE,
            "encoding": "utf-8",
            "errors": "replace",
            "start_new_session": True,
        }

    def begin(self) -> None:
        """Start the program; ``ProgramMissing`` where it cannot be."""
        if shutil.which(self._program, path=self._path) is None:
            raise _missing(self._program)
        threading.Thread(target=self._live, name=f"wait-{self.name}", daemon=True).start()
        self._started.wait()
        if self._error is not None:
            raise self._error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdout(self) -> IO[str] | None:
        return self._process.stdout

    @property
    def stderr(self) -> IO[str] | None:
        return self._process.stderr

    @property
    def returncode(self) -> int | None:
        """None while the child runs."""
        return self._process.returncode if self.ended.is_set() else None

    @property
    def alive(self) -> bool:
        """Whether anything of the group still runs; a zombie that init has yet to reap does not count."""
        return not self.ended.is_set() or _group_runs(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing where it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _live(self) -> None:
        begun = time.monotonic()
        try:
            self._process = subprocess.Popen(**self._arguments)
            keeper = Keeper(self._process.pid)
        except OSError as error:
            self._error = self._explained(error)
            return
        finally:
            self._started.set()
        if self._input is not None:
            threading.Thread(target=self._feed, args=(self._input,), daemon=True).start()
        self._watch()
        self.seconds = time.monotonic() - begun
        keeper.release()
        self.ended.set()

    def _watch(self) -> None:
        """Wait for the end, looking at the memory now and then."""
        own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        try:
            self._sample_until_the_end()
            _, status, usage = os.wait4(self.pid, 0)
        except (ChildProcessError, ProcessLookupError):  # somebody else reaped it: counts as a failure
            self._process.returncode = UNKNOWN_END
            return
        self._process.returncode = os.waitstatus_to_exitcode(status)
        # fork gives the child our own peak, which wait4 then reports for it: believe only more than that
        reported = usage.ru_maxrss * 1024
        if reported > own_peak:
            self.peak_memory = max(self.peak_memory, reported)

    def _sample_until_the_end(self) -> None:
        descriptor = os.pidfd_open(self.pid)
        end = select.poll()
        end.register(descriptor, select.POLLIN)
        try:
            interval = 10
            while not end.poll(interval):
                self.peak_memory = max(self.peak_memory, peak_memory_of(self.pid))
                interval = _SAMPLE_EVERY
        finally:
            os.close(descriptor)

    def _feed(self, text: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:  # it may end without reading it all
            stdin.buffer.write(text)  # type: ignore[attr-defined]

    def _explained(self, error: OSError) -> Exception:
        if isinstance(error, FileNotFoundError) and str(error.filename) == str(self._arguments["cwd"]):
            return ConfigurationError(
                f"The folder {error.filename} does not exist: {self.name} cannot run there."
            )
        return ProgramMissing(f"The program {self._program} cannot be run: {error.strerror}.")


def _missing(program: str) -> ProgramMissing:
    if "/" in program and Path(program).exists():
        return ProgramMissing(f"The program {program} cannot be run: nobody may execute it.")
    return ProgramMissing(
        f"The program {program} is not installed here: install it where this task runs, or correct PATH."
    )


def peak_memory_of(pid: int) -> int:
    """A process's peak resident memory in bytes since its program was loaded; 0 where it is gone.

    VmHWM of proc(5): ``getrusage`` would count what its parent had at the fork.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _group_runs(group: int) -> bool:
    """Whether any process of the group is more than a zombie."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                state, _, pgrp = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
                if int(pgrp) == group and state not in {"Z", "X"}:
                    return True
    return False
