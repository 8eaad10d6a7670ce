"""What each role may do, by the manifest alone: its grants, owners and memberships. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dataops.backup.manifest.details import Details

ON_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ON_TABLES_SINCE = {17: ("MAINTAIN",)}
"""What came later: VACUUM, ANALYZE, CLUSTER, REINDEX, REFRESH and LOCK TABLE by others than the owner."""
ON_SEQUENCES = ("SELECT", "UPDATE", "USAGE")
ON_SCHEMAS = ("USAGE", "CREATE")
ON_FUNCTIONS = ("EXECUTE",)

_NAME = r'("(?:[^"]|"")+"|[^\s"]+)'
_MEMBERSHIP = re.compile(rf"^{_NAME} in {_NAME} by {_NAME}$")
_PART = r'(?:"(?:[^"]|"")+"|[^.("]+)'
_COLUMN = re.compile(rf"^({_PART}\.{_PART})\.{_PART}$")
"""The table in the identity of one of its columns, as in ``public.flights.carrier``."""
_WHOLE = {
    "pg_read_all_data": {"table": {"SELECT"}, "sequence": {"SELECT"}, "schema": {"USAGE"}},
    "pg_write_all_data": {
        "table": {"INSERT", "UPDATE", "DELETE"},
        "sequence": {"UPDATE"},
        "schema": {"USAGE"},
    },
    "pg_maintain": {"table": {"MAINTAIN"}},
}
"""Predefined roles that may do something with every object (PostgreSQL documentation, Predefined Roles)."""
PUBLIC = "public"

Grants = list[list[Any]]
"""Entries of grantor, grantee, privilege and whether it may be granted on."""


@dataclass(frozen=True)
class Role:
    """One role of the manifest."""

    name: str
    superuser: bool
    login: bool
    inherit: bool
    connection_limit: int


@dataclass(frozen=True)
class Access:
    """Who may do what in one database, as its manifest says."""

    details: Details = field(repr=False)
    major: int

    @property
    def on_tables(self) -> tuple[str, ...]:
        """The privileges on tables that this major has."""
        later = (some for since, some in ON_TABLES_SINCE.items() if since <= self.major)
        return sum(later, ON_TABLES)

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Every role of the manifest by its name."""
        found = {}
        for one in self._of("role"):
            facts = one.facts
            name = unquoted(one.identity)
            found[name] = Role(
                name,
                superuser=bool(facts["superuser"]),
                login=bool(facts["login"]),
                inherit=bool(facts["inherit"]),
                connection_limit=int(str(facts["connection_limit"])),
            )
        return found

    @cached_property
    def database(self) -> Mapping[str, Any]:
        """Owner, grants and connection limit of the database."""
        return next((dict(one.facts) for one in self._of("database properties")), {})

    @cached_property
    def _memberships(self) -> list[tuple[str, str, bool]]:
        """Member, role, and whether its rights come without SET ROLE."""
        found = []
        for one in self._of("role membership"):
            parts = _MEMBERSHIP.match(one.identity)
            if parts is None:
                continue
            member, role = unquoted(parts[1]), unquoted(parts[2])
            told = one.facts.get("inherit")
            inherits = bool(told) if told is not None else self._inherits(member)
            found.append((member, role, inherits))
        return found

    def _inherits(self, member: str) -> bool:
        return self.roles[member].inherit if member in self.roles else True

    def acting(self, name: str) -> frozenset[str]:
        """The roles whose rights this role has: itself, and what it inherits from."""
        found, waiting = {name}, [name]
        while waiting:
            member = waiting.pop()
            gained = {role for who, role, inherits in self._memberships if who == member and inherits}
            if member == self.database.get("owner"):
                gained.add("pg_database_owner")
            waiting += gained - found
            found |= gained
        return frozenset(found)

    @cached_property
    def _grants(self) -> dict[str, Grants]:
        return {one.identity: _entries(one.facts.get("grants")) for one in self._of("grant")}

    @cached_property
    def _owners(self) -> dict[str, str]:
        return {one.identity: str(one.facts.get("owner")) for one in self._of("owner")}

    def may(self, acting: frozenset[str], kind: str, identity: str, privilege: str) -> bool:
        """Whether the privilege is granted on a table, sequence, schema or function.

        An object without grants of its own is its owner's alone; a function may be called by everybody.
        """
        if any(privilege in rights.get(kind, ()) for role, rights in _WHOLE.items() if role in acting):
            return True
        entries = self._grants.get(identity)
        if entries is None:
            return kind == "function" or self._owners.get(identity) in acting
        return any(entry[2] == privilege and (entry[1] == PUBLIC or entry[1] in acting) for entry in entries)

    def by_column(self, acting: frozenset[str], table: str) -> bool:
        """Whether single columns of the table are granted: then what is refused depends on those asked."""
        return not self._column_grantees.get(table, frozenset()).isdisjoint({*acting, PUBLIC})

    @cached_property
    def _column_grantees(self) -> dict[str, frozenset[str]]:
        """From table to whoever has a grant on one of its columns."""
        found: dict[str, frozenset[str]] = {}
        for identity, entries in self._grants.items():
            if column := _COLUMN.match(identity):
                grantees = {str(entry[1]) for entry in entries}
                found[column[1]] = found.get(column[1], frozenset()) | grantees
        return found

    def may_connect(self, role: Role) -> bool:
        """Whether a login to the database is to be let in."""
        if not role.login:
            return False
        if role.superuser:
            return True
        limits = (role.connection_limit, int(self.database.get("connection_limit", -1)))
        return 0 not in limits and self.may_with_database(self.acting(role.name), "CONNECT")

    def may_with_database(self, acting: frozenset[str], privilege: str) -> bool:
        """CONNECT, CREATE or TEMPORARY."""
        entries = _entries(self.database.get("grants"))
        return any(entry[2] == privilege and (entry[1] == PUBLIC or entry[1] in acting) for entry in entries)

    def names(self, *kinds: str) -> list[str]:
        """The objects of some classes, sorted."""
        return sorted(one.identity for kind in kinds for one in self._of(kind))

    def tables(self, *kinds: str) -> list[str]:
        """Tables whose ``kind`` is one of these: r plain, p partitioned, f foreign."""
        return sorted(one.identity for one in self._of("table") if one.facts.get("kind") in kinds)

    def _of(self, kind: str) -> Iterable[Any]:
        return (one for one in self.details.definitions if one.kind == kind)


def schema_of(identity: str) -> str:
    """The schema in ``public.flights``, quoted as it stands there."""
    found = re.match(r'^("(?:[^"]|"")+"|[^."]+)\.', identity)
    return found[1] if found else ""


def unquoted(identifier: str) -> str:
    """The name that an SQL identifier means."""
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier


def _entries(told: Any) -> Grants:
    return [list(entry) for entry in told or []]
