"""From a connection of type ``local`` or ``ssh`` to the machine that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.hosts.host import Host, Place
from dataops.failover.hosts.local import LocalHost
from dataops.failover.hosts.ssh import SshHost

_PATH = re.compile(r"/[\w./+@:=-]*[\w+@=-]")
"""Absolute, and without what a shell, a glob or a passfile could read as more than a name."""
_KNOWN = {
    "user",
    "data",
    "bin",
    "config",
    "log",
    "address",
    "start",
    "stop",
    "privileged",
    "replication_uid",
    "key_file",
    "known_hosts",
    "patroni",
}
"""``patroni`` is for the driver of that name."""


def open_host(connection: Connection) -> Host:
    """The machine of a connection, not connected to yet; ``ConfigurationError`` names what is wrong."""
    kinds: dict[str, type[LocalHost] | type[SshHost]] = {"local": LocalHost, "ssh": SshHost}
    if connection.type not in kinds:
        raise ConfigurationError(
            f"Connection {connection.id!r} is of type {connection.type!r}: the machine of a node needs "
            "conn_type 'local' or 'ssh'."
        )
    return kinds[connection.type](connection, place_of(connection))


def place_of(connection: Connection) -> Place:
    """Where PostgreSQL is, by the ``extra`` of its machine's connection."""
    extra = connection.extra
    unknown = sorted(set(extra) - _KNOWN)
    if unknown:
        raise _wrong(connection, unknown[0], f"is unknown; known are {', '.join(sorted(_KNOWN))}")
    privileged = _words(connection, "privileged") if "privileged" in extra else None
    return Place(
        name=connection.id,
        user=_text(connection, "user", "postgres"),
        data=_path(connection, "data", required=True),
        bin=_path(connection, "bin", required=True),
        address=_text(connection, "address", ""),
        config=_path(connection, "config"),
        log=_path(connection, "log"),
        start=_words(connection, "start"),
        stop=_words(connection, "stop"),
        privileged=privileged,
        replication_uid=_number(extra, connection, "replication_uid"),
    )


def _text(connection: Connection, name: str, default: str) -> str:
    value = connection.extra.get(name, default)
    if not isinstance(value, str):
        raise _wrong(connection, name, "must be text")
    return value


def _path(connection: Connection, name: str, *, required: bool = False) -> str:
    value = _text(connection, name, "").rstrip("/")
    if not value and not required:
        return ""
    if not _PATH.fullmatch(value) or ".." in value.split("/"):
        raise _wrong(connection, name, "must be an absolute path of letters, digits and any of _./+@:=-")
    return value


def _words(connection: Connection, name: str) -> tuple[str, ...]:
    value = connection.extra.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise _wrong(connection, name, 'must be a list of arguments, such as ["systemctl", "start", "x"]')
    return tuple(value)


def _number(extra: Mapping[str, Any], connection: Connection, name: str) -> int | None:
    value = extra.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise _wrong(connection, name, "must be the number of an OS user, as `id -u` says it")
    return value


def _wrong(connection: Connection, name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"Connection {connection.id!r}: extra.{name} {why}.")
