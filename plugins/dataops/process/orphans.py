"""No program outlives us: what ends a program's whole group when our process dies, even by SIGKILL.

Two nets, because each has a hole. The parent-death signal (prctl(2), PR_SET_PDEATHSIG) reaches only
the child itself, not the workers that it forked, and cannot end a stopped process. The keeper, a
shell that waits on a pipe which only we hold, reaches the whole group, stopped or not, but starts a
moment after the program.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence

from dataops.process.errors import ProgramMissing
from dataops.process.users import identity_of

_TETHER = """
parent=$1
shift
unset PWD OLDPWD SHLVL
[ "$PPID" -eq "$parent" ] && exec "$@"
"""
"""A parent that died before the signal was armed is nobody's parent any more. Shells set the variables."""
_KEEPER = """
trap '' TERM INT HUP
read -r released && exit 0
kill -TERM "-$1"; kill -CONT "-$1"
sleep 2
kill -KILL "-$1"
"""


def tethered(argv: Sequence[str], user: str | None = None) -> list[str]:
    """The words that become the program, as ``user``, with SIGTERM as soon as the starting thread ends.

    The kernel sends the signal when the *thread* that forked ends, so that thread must outlive the program
    (``Child`` sees to it). util-linux' setpriv arms it: code of our own between fork and exec could wait
    forever for a lock that another thread held, and would need a copy of our memory's map (vfork(2)).
    Raises ``ProgramMissing`` where there is none, and ``ConfigurationError`` as ``identity_of`` does.
    """
    # Whatever PATH says of the program: it is found where the system keeps its own.
    setpriv = shutil.which("setpriv", path=os.pathsep.join((os.environ.get("PATH", ""), os.defpath)))
    if setpriv is None:
        raise ProgramMissing("The program setpriv is not installed here: install util-linux.")
    shell = ("/bin/sh", "-c", _TETHER, "tether", str(os.getpid()))
    return [setpriv, *identity_of(user), "--pdeathsig", "TERM", "--", *shell, *argv]


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
