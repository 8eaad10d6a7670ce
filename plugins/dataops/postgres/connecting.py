"""Connections to PostgreSQL: for us by psycopg2, for its own programs by environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.postgres.explaining import explain, where
from dataops.postgres.tls import certificate_fault

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_FROM_EXTRA = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "options": "PGOPTIONS",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
"""What a connection's ``extra`` may say to libpq, and the variable that says it to libpq's programs."""

_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""A peer that vanished is noticed within a minute (keepalives), not after the kernel's two hours."""

_PINNED = {
    "search_path": "",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "transform_null_equals": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
"""What ALTER DATABASE and ALTER ROLE may have set, and would change what our statements mean.

Whoever may create a function in a schema of the search_path could be run in our name.
"""

UNHURRIED = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
"""Options for programs that read or fill a whole server: its roles and databases may have set others."""
WRITING = f"{UNHURRIED} -c default_transaction_read_only=off"
"""The same for those that fill it."""


def connect(
    connection: Connection,
    *,
    dbname: str | None = None,
    application_name: str = "dataops",
    autocommit: bool = False,
    statement_timeout: float | None = None,
    lock_timeout: float | None = None,
    pinned: bool = False,
) -> PsycopgConnection:
    """An open psycopg2 connection, visible in pg_stat_activity as ``dataops …``; the caller closes it.

    ``dbname`` defaults to the connection's own, then to ``postgres``. Timeouts are seconds; None leaves the
    server's own, 0 means none. ``pinned``: no setting of the role or the database changes what our own
    statements mean. Raises the leaf of ``dataops.postgres.errors`` that ``explain`` finds.
    """
    import psycopg2

    timeouts = {"statement_timeout": statement_timeout, "lock_timeout": lock_timeout}
    settings = {name: f"{round(value * 1000)}ms" for name, value in timeouts.items() if value is not None}
    if pinned:
        settings |= _PINNED
    keywords: dict[str, Any] = {
        **parameters(connection, dbname, application_name),
        "client_encoding": "UTF8",  # names of any database are text to us
    }
    try:
        conn: PsycopgConnection = psycopg2.connect(**keywords)
        _configure(conn, settings)
        conn.autocommit = autocommit
    except psycopg2.Error as error:
        fault = certificate_fault(connection) if "certificate verify failed" in str(error) else ""
        raise explain(error, where=where(connection, dbname), fault=fault) from None
    return conn


def _configure(conn: PsycopgConnection, settings: Mapping[str, str]) -> None:
    conn.autocommit = True  # so that the settings outlive a rollback
    if not settings:
        return
    calls = ", ".join(["pg_catalog.set_config(%s, %s, false)"] * len(settings))
    with conn.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [word for setting in settings.items() for word in setting])


def database_argument(dbname: str) -> str:
    """What ``--dbname`` of PostgreSQL's programs takes for a database of any name.

    They read a bare ``a=b`` or ``postgresql://…`` as a connection string (PostgreSQL documentation,
    "Connection Strings"), and ``--help`` as an option.
    """
    quoted = dbname.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{quoted}'"


def with_options(connection: Connection, options: str) -> Connection:
    """The connection with options of the server, such as ``-c lock_timeout=0``, after those that it has."""
    own = str(connection.extra.get("options", ""))
    return replace(connection, extra={**connection.extra, "options": f"{own} {options}".strip()})


def environment_of(
    connection: Connection, dbname: str | None = None, *, application_name: str = "dataops"
) -> dict[str, str]:
    """The whole environment in which pg_dump, psql and their kin reach the connection.

    The password travels as PGPASSWORD, which only the same user can read, and never in ``argv``.
    Messages are in English and UTF-8, so that they can be recognised.
    """
    known = parameters(connection, dbname, application_name)
    fixed = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PGHOST": known.get("host"),
        "PGPORT": known.get("port"),
        "PGUSER": known.get("user"),
        "PGDATABASE": known["dbname"],
        "PGPASSWORD": known.get("password"),
        "PGAPPNAME": known["application_name"],
        "PGPASSFILE": os.environ.get("PGPASSFILE"),
    }
    extra = {variable: known.get(name) for name, variable in _FROM_EXTRA.items()}
    return {name: value for name, value in {**fixed, **extra}.items() if value}


def from_dsn(dsn: str, *, connection_id: str = "dsn") -> Connection:
    """The connection that a libpq URI or ``keyword=value`` string describes, or ``ConfigurationError``."""
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import parse_dsn

    try:
        parts = parse_dsn(dsn)
    except ProgrammingError:  # its message repeats the string, password and all
        raise ConfigurationError(
            "The DSN cannot be read: write postgresql://user:password@host:port/database, or key=value pairs."
        ) from None
    known = {"host", "port", "user", "password", "dbname"}
    return Connection(
        id=connection_id,
        type="postgres",
        host=parts.get("host", ""),
        port=int(parts["port"]) if parts.get("port") else None,
        login=parts.get("user", ""),
        password=parts.get("password", ""),
        schema=parts.get("dbname", ""),
        extra={name: value for name, value in parts.items() if name not in known},
    )


def parameters(
    connection: Connection, dbname: str | None = None, application_name: str = "dataops"
) -> dict[str, str]:
    """The connection in libpq's own words, password and all: what ``psycopg2.connect`` takes.

    Several servers are ``host`` as ``a,b`` and, where their ports differ, ``extra.ports`` as ``5432,5433``.
    """
    name = application_name if application_name.startswith("dataops") else f"dataops {application_name}"
    given: Mapping[str, object] = {
        "host": connection.host,
        "port": connection.extra.get("ports") or connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": dbname or connection.schema or "postgres",
        "application_name": name,
    }
    extra = {name: connection.extra[name] for name in _FROM_EXTRA if name in connection.extra}
    return {
        key: str(value) for key, value in {**_PATIENCE, **extra, **given}.items() if value not in {None, ""}
    }
