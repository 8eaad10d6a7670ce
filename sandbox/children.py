"""Background programs that end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


def start(
    command: Sequence[str],
    *,
    log: Path,
    at_parents_death: signal.Signals,
    switch: Mapping[str, Any] | None = None,
    cwd: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """A program in a session of its own, writing to ``log``, that gets a signal when this process ends.

    Call it from a thread that outlives the program: the kernel's parent-death signal is per thread.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered(command, at_parents_death),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(log.parent)},
            start_new_session=True,
            **(switch or {}),
        )


def tethered(command: Sequence[str], at_parents_death: signal.Signals) -> list[str]:
    """The command, to be signalled by the kernel when its parent ends (util-linux' setpriv)."""
    return ["setpriv", "--pdeathsig", at_parents_death.name.removeprefix("SIG"), "--", *command]


def stop(process: subprocess.Popen[bytes], *, seconds: float = 10) -> None:
    """End a program: politely, after the deadline by force."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return
    process.kill()
    process.wait()
