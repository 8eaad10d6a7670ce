"""No program outlives us: what ends a program's whole group when our process dies, even by SIGKILL.

Two nets, because each has a hole. The parent-death signal (prctl(2), PR_SET_PDEATHSIG) reaches only
the child itself, not the workers that it forked, and cannot end a stopped process. The keeper, a
shell that waits on a pipe which only we hold, reaches the whole group, stopped or not, but starts a
moment after the program.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_KEEPER = """
trap '' TERM INT HUP
read -r released && exit 0
kill -TERM "-$1"; kill -CONT "-$1"
sleep 2
kill -KILL "-$1"
"""


def dies_with(parent: int) -> Callable[[], None]:
    """What a child runs before it becomes the program: SIGTERM as soon as the starting thread ends.

    The kernel sends the signal when the *thread* that forked ends, so that thread must outlive the
    program (``Running`` sees to it).
    """

    def bind() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the signal was armed
            os._exit(1)

    return bind


class Keeper:
    """Ends a process group when this process dies. ``release`` dismisses it."""

    def __init__(self, group: int) -> None:
        self._process = subprocess.Popen(  # close_fds keeps our end of the pipe out of every other child
            ["/bin/sh", "-c", _KEEPER, "keeper", str(group)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
            cwd="/",
            start_new_session=True,
        )

    def release(self) -> None:
        """Dismiss the keeper: the program has ended and was waited for."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(b"released\n")
