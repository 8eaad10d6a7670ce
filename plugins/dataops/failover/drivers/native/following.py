"""Whom a standby follows: the settings that say so, and where the password for it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dataops.failover.hosts.member import Member

_SIMPLE = re.compile(r"[\w./:@+-]+", re.ASCII)


@dataclass(frozen=True)
class Upstream:
    """How a node connects to the one that it follows. The password is in ``passfile`` only."""

    conninfo: str
    slot: str
    passfile: str
    """Path on the node's machine; empty where no password is needed."""
    secret: str = ""
    """The passfile's one line (libpq, The Password File)."""

    def __repr__(self) -> str:
        return f"Upstream({self.conninfo!r}, slot={self.slot!r})"


def upstream_of(member: Member, upstream: Member, *, application: str, slot: str) -> Upstream:
    """How ``member`` follows ``upstream``: by the login of the upstream's own connection."""
    connection = upstream.connection
    place = member.host.place
    password = connection.password
    passfile = f"{place.beside}/.{place.data.rpartition('/')[2]}.{upstream.name}.pgpass" if password else ""
    words = {
        "host": upstream.address,
        "port": str(upstream.port),
        "user": connection.login,
        "application_name": application,
        "passfile": passfile,
        "sslmode": str(connection.extra.get("sslmode", "")),
    }
    conninfo = " ".join(f"{name}={quoted(value)}" for name, value in words.items() if value)
    line = ":".join(_escaped(each) for each in (upstream.address, str(upstream.port), "*", connection.login))
    # "*" is escaped by nobody: it stands for every database, and for replication
    secret = f"{line}:{_escaped(password)}\n" if password else ""
    return Upstream(conninfo, slot, passfile, secret)


def settings_of(upstream: Upstream) -> Mapping[str, str]:
    """What a standby's configuration must say."""
    return {"primary_conninfo": upstream.conninfo, "primary_slot_name": upstream.slot}


def with_settings(text: str, settings: Mapping[str, str]) -> str:
    """postgresql.auto.conf with these settings, in place of what it said of them. See ALTER SYSTEM."""
    names = "|".join(map(re.escape, settings))
    ours = re.compile(rf"\s*({names})\s*[=\s]", re.IGNORECASE)
    kept = [line for line in text.splitlines() if not ours.match(line)]
    added = [f"{name} = '{_doubled(value)}'" for name, value in settings.items()]
    return "\n".join([*kept, *added]) + "\n"


def quoted(value: str) -> str:
    """A value of a conninfo string (libpq, Keyword/Value Connection Strings)."""
    if _SIMPLE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(":", "\\:") if value != "*" else value


def _doubled(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
