"""Running a restored server without any network: what it holds may reach out as soon as somebody reads it.

A foreign table, a function over dblink, a trigger or a subscription connects by itself. A network namespace
of its own (network_namespaces(7)) has no address, not even loopback; Unix sockets still work.
"""

from __future__ import annotations

import os
import shutil
from functools import cache

from dataops.errors import DataOpsError
from dataops.process import identity_of, run

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def confinement(user: str | None) -> tuple[str, ...] | None:
    """The words to put before a program so that it runs as ``user`` without a network; None where impossible.

    Start the result as ourselves: it changes to ``user`` by itself. SIGTERM at our death, which changing the
    user forgets (prctl(2), PR_SET_PDEATHSIG), is asked for again.
    """
    words = _as_root(user) if os.geteuid() == 0 else _as_ourselves()
    return words if _works(words) else None


def _as_root(user: str | None) -> tuple[str, ...]:
    return ("unshare", "--net", "setpriv", *identity_of(user), "--pdeathsig", "TERM")


def _as_ourselves() -> tuple[str, ...]:
    return ("unshare", "--user", "--map-current-user", "--net", "setpriv", "--pdeathsig", "TERM")


@cache
def _works(words: tuple[str, ...]) -> bool:
    """Containers often forbid it; macOS has no such thing."""
    if shutil.which(words[0]) is None or shutil.which("setpriv") is None:
        return False
    try:
        return run([*words, "true"], env=_ENVIRONMENT, cwd="/", deadline=20, check=False).returncode == 0
    except DataOpsError:
        return False
