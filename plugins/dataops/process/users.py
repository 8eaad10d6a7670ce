"""Becoming another user of this host, where we are root."""

from __future__ import annotations

import os
import pwd

from dataops.errors import ConfigurationError


def identity_of(user: str | None) -> tuple[str, ...]:
    """What setpriv(1) is told so that a program runs as the user, with all of its groups.

    Nothing where that is ourselves. Raises ``ConfigurationError`` where there is no such user, and where
    we may not become it.
    """
    if user is None:
        return ()
    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        raise ConfigurationError(f"There is no user {user!r} on this host: create it first.") from error
    if entry.pw_uid == os.geteuid():
        return ()
    if os.geteuid() != 0:
        raise ConfigurationError(
            f"Only root can run a program as {user!r}: start this as root or as {user!r}."
        )
    return ("--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--init-groups")
