"""Running a program: streamed output, a deadline, the tail of stderr, peak memory, a clean end."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from dataops.process.child import Child
from dataops.process.errors import DeadlineExceeded, ProgramFailed
from dataops.process.redaction import Redaction

log = logging.getLogger(__name__)

OnLine = Callable[[str], None]
"""Called with each line of stdout and stderr, redacted, one at a time; soon, or the program must wait."""

TAIL_LINES = 30
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL. Airflow gives ``on_kill`` about five."""


@dataclass(frozen=True)
class Finished:
    """How a program ended. ``seconds`` of wall time; ``peak_memory`` in bytes, of its largest process."""

    argv0: str
    returncode: int
    stdout: str
    stderr_tail: str
    seconds: float
    peak_memory: int


class Running:
    """A started program and its process group. Leaving the ``with`` block ends whatever still runs."""

    def __init__(self, child: Child, redaction: Redaction, on_line: OnLine | None) -> None:
        self._child = child
        self._redaction = redaction
        self._on_line = on_line
        self._speaking = threading.Lock()
        self._stdout: list[str] = []
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._trouble: BaseException | None = None
        self._readers = [
            self._reader(child.stdout, self._stdout.append),
            self._reader(child.stderr, self._tail.append),
        ]

    @property
    def pid(self) -> int:
        """The program's process id, which is its group's id too."""
        return self._child.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while the program runs."""
        return self._child.returncode

    def ended(self, seconds: float) -> bool:
        """Whether the program has ended, waiting at most so long."""
        return self._child.ended.wait(seconds)

    def wait(self, deadline: float | None = None, *, check: bool = True) -> Finished:
        """How the program ended, waiting for at most ``deadline`` seconds.

        Raises ``DeadlineExceeded`` after stopping it, ``ProgramFailed`` for an exit code other than 0
        where ``check`` is set, and whatever the ``on_line`` callback raised.
        """
        if not self._child.ended.wait(deadline):
            self.stop()
            raise DeadlineExceeded(
                f"{self._child.name} was still running after {deadline:g} s and was stopped: "
                "allow it more time, or look at what it waits for."
            )
        for reader in self._readers:  # a daemon that inherited the pipes may keep them open for good
            reader.join(timeout=GRACE)
        if self._trouble is not None:
            raise self._trouble
        finished = Finished(
            argv0=self._child.name,
            returncode=self._child.returncode or 0,
            stdout="".join(list(self._stdout)),
            stderr_tail="".join(list(self._tail)),
            seconds=self._child.seconds,
            peak_memory=self._child.peak_memory,
        )
        if check and finished.returncode:
            raise ProgramFailed(finished.argv0, finished.returncode, finished.stderr_tail)
        return finished

    def pause(self) -> None:
        """Stop the whole group where it stands (SIGSTOP)."""
        self._child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the whole group go on (SIGCONT)."""
        self._child.signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the whole group within 3 s: SIGTERM first, SIGKILL for what ignores it."""
        if not self._child.alive:
            return
        self._child.signal(signal.SIGTERM)
        self._child.signal(signal.SIGCONT)
        until = time.monotonic() + GRACE
        while self._child.alive and time.monotonic() < until:
            time.sleep(0.02)
        self._child.signal(signal.SIGKILL)
        self._child.ended.wait(1)

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _reader(self, stream: IO[str] | None, keep: Callable[[str], None]) -> threading.Thread:
        def read() -> None:
            for line in stream or ():
                clean = self._redaction.clean(line)
                keep(clean)
                self._tell(clean.rstrip("\n"))

        thread = threading.Thread(target=read, name=f"read-{self._child.name}", daemon=True)
        thread.start()
        return thread

    def _tell(self, line: str) -> None:
        if self._on_line is None or self._trouble is not None:
            return
        try:
            with self._speaking:
                self._on_line(line)
        except BaseException as trouble:  # ruff: ignore[blind-except] - wait() raises it
            self._trouble = trouble
            threading.Thread(
                target=self.stop, daemon=True
            ).start()  # stopping waits; the pipe must be drained


def start(
    argv: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str],
    on_line: OnLine | None = None,
    cwd: str | Path | None = None,
    input: str | bytes | None = None,
    user: str | None = None,
    secrets: Iterable[str] = (),
    stdout: int | IO[bytes] | None = None,
) -> Running:
    """The started program, the leader of its own session and process group.

    ``env`` is the whole environment, nothing is inherited. ``secrets`` and the values of variables
    such as PGPASSWORD are refused in ``argv`` and redacted from everything it prints. ``user`` runs it as
    that user where we are root. ``stdout`` sends its output to an open file instead of ``Finished``.
    Raises ``ProgramMissing`` and ``SecretInArguments``.
    """
    words = [os.fspath(word) for word in argv]
    redaction = Redaction.of(secrets, env)
    redaction.refuse(words)
    text = input.encode() if isinstance(input, str) else input
    child = Child(words, env=dict(env), cwd=cwd, input=text, user=user, stdout=stdout)
    child.begin()
    log.debug("started %s as process %d", child.name, child.pid)
    return Running(child, redaction, on_line)


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str],
    deadline: float | None = None,
    on_line: OnLine | None = None,
    cwd: str | Path | None = None,
    input: str | bytes | None = None,
    user: str | None = None,
    check: bool = True,
    secrets: Iterable[str] = (),
    stdout: int | IO[bytes] | None = None,
) -> Finished:
    """How the program ended, after at most ``deadline`` seconds. See ``start`` and ``Running.wait``."""
    with start(
        argv, env=env, on_line=on_line, cwd=cwd, input=input, user=user, secrets=secrets, stdout=stdout
    ) as running:
        return running.wait(deadline, check=check)
