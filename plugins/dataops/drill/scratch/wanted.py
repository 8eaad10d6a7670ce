"""What a scratch server must have in common with the backup's source, as the manifest tells it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataops.backup.manifest.details import Definition, Details
from dataops.backup.manifest.header import Header

PRELOADED = {
    "citus": "citus",
    "pg_cron": "pg_cron",
    "pg_stat_statements": "pg_stat_statements",
    "pgaudit": "pgaudit",
    "timescaledb": "timescaledb",
}
"""Extensions that work only with their library in ``shared_preload_libraries``."""

SCHEDULING = frozenset({"bdr", "pg_cron", "pg_partman_bgw", "pg_squeeze", "pglogical", "spock"})
"""Libraries that start work of their own, or connect to other servers, as soon as a server runs."""

OUTWARD = frozenset({"foreign server", "subscription", "user mapping"})
"""Object classes that connect to other servers."""
OUTWARD_EXTENSIONS = frozenset({"dblink", "http", "pg_net", "plpython3u", "plperlu", "plsh"})


@dataclass(frozen=True)
class Locale:
    """How one database encodes and sorts. ``provider``: ``c`` (libc), ``i`` (ICU), ``b`` (built in)."""

    encoding: str
    collate: str
    ctype: str
    provider: str = "c"


@dataclass(frozen=True)
class Wanted:
    """The properties that a scratch server must match, of all databases of the backup."""

    major: int
    locales: Mapping[str, Locale]
    extensions: Mapping[str, frozenset[str]]
    """From an extension's name to its versions."""
    outward: tuple[str, ...]
    """What in the backup may connect to other servers."""

    @property
    def preload(self) -> tuple[str, ...]:
        """The libraries that the extensions need from the start."""
        return tuple(sorted(PRELOADED[name] for name in self.extensions if name in PRELOADED))


def wanted_of(header: Header, parts: Mapping[str, Details | None]) -> Wanted:
    """What the manifest asks of a scratch server; ``parts`` from database to its details."""
    known = {dbname: part for dbname, part in parts.items() if part is not None}
    versions: dict[str, set[str]] = {}
    outward = set()
    for dbname, part in known.items():
        for definition in part.definitions:
            if definition.kind == "extension":
                name = _unquoted(definition.identity)
                versions.setdefault(name, set()).add(str(definition.facts.get("version", "")))
            if _is_outward(definition):
                outward.add(f"{definition.kind} {definition.identity} of {dbname}")
    return Wanted(
        major=major_of(header),
        locales={dbname: _locale(part) for dbname, part in known.items()},
        extensions={name: frozenset(found) for name, found in sorted(versions.items())},
        outward=tuple(sorted(outward)),
    )


def major_of(header: Header) -> int:
    """The major version of PostgreSQL that wrote the backup; 0 where the manifest does not tell."""
    found = re.match(r"\d+", header.server_version)
    return int(found[0]) if found else 0


def _is_outward(definition: Definition) -> bool:
    named = definition.kind == "extension" and _unquoted(definition.identity) in OUTWARD_EXTENSIONS
    return named or definition.kind in OUTWARD


def _locale(part: Details) -> Locale:
    facts: Mapping[str, Any] = next((one.facts for one in part.definitions if one.kind == "database"), {})
    collate = str(facts.get("collate") or part.moment.collation)
    return Locale(
        encoding=str(facts.get("encoding") or part.moment.encoding),
        collate=collate,
        ctype=str(facts.get("ctype") or collate),
        provider=str(facts.get("provider") or "c"),
    )


def _unquoted(identity: str) -> str:
    return identity[1:-1].replace('""', '"') if identity.startswith('"') else identity
