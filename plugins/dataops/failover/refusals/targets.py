"""Who may be tested at all: the list of targets and the second key, as their connections hold them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dataops.connections import Connection
from dataops.errors import ConfigurationError

SECOND_KEY = "failover_second_key"
LONGEST_KEY = timedelta(days=7)
"""A key that stays in the lock is none: how far ahead it may end at most."""


@dataclass(frozen=True)
class Target:
    """One cluster that may be tested: in which environment, and on which machines."""

    environment: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class SecondKey:
    """Somebody's word that this scenario may be run in production, until a moment (UTC)."""

    scenario: str
    until: datetime


def targets_of(connection: Connection) -> Mapping[str, Target]:
    """By system identifier. ``ConfigurationError`` names what of the connection's ``extra`` is wrong."""
    return {
        str(identifier): _target(connection, identifier, said)
        for identifier, said in connection.extra.items()
    }


def second_key_of(connection: Connection) -> SecondKey:
    """The key that the connection holds. ``ConfigurationError`` names what of it is wrong."""
    scenario, until = connection.extra.get("scenario"), connection.extra.get("until")
    if not isinstance(scenario, str) or not isinstance(until, str):
        raise _wrong(connection, 'needs {"scenario": "…", "until": "2026-12-01T06:00:00Z"}')
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong(connection, "until: write a time with its zone, as in 2026-12-01T06:00:00Z")
    return SecondKey(scenario, moment)


def _target(connection: Connection, identifier: object, said: Any) -> Target:
    form = '{"<system identifier>": {"environment": "staging", "hosts": ["10.0.0.5", "10.0.0.6"]}}'
    if not isinstance(said, Mapping):
        raise _wrong(connection, f"needs {form}; {identifier} has no mapping")
    environment, hosts = said.get("environment"), said.get("hosts")
    listed = isinstance(hosts, list) and all(isinstance(host, str) and host for host in hosts)
    if set(said) == {"environment", "hosts"} and isinstance(environment, str) and listed:
        return Target(environment, tuple(hosts or ()))
    raise _wrong(connection, f"needs {form}; {identifier} has something else")


def _wrong(connection: Connection, why: str) -> ConfigurationError:
    return ConfigurationError(f"Connection {connection.id!r}: its extra {why}.")
