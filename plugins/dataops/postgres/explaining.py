"""Errors of psycopg2 and libpq as one or two plain sentences each."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.postgres import errors

if TYPE_CHECKING:
    import psycopg2

_BY_STATE: dict[str, tuple[type[DataOpsError], str]] = {
    "42501": (errors.RightsMissing, "The role lacks a right: {said}. Grant it, see the guide on roles"),
    "57014": (
        errors.QueryTimeout,
        "A statement was cancelled: {said}. Raise its timeout, or see what it waits for",
    ),
    "55P03": (errors.LockTimeout, "A lock was not to be had in time: {said}. See pg_locks for who holds it"),
    "40P01": (errors.LockTimeout, "A deadlock was broken: {said}. Run again"),
    "53300": (errors.TooManyConnections, "No connection is left: {said}. Free some, or raise the limit"),
    "57P01": (errors.ConnectionLost, "The server ended the connection: {said}. Run again once it is up"),
    "57P02": (errors.ConnectionLost, "The server ended the connection: {said}. Run again once it is up"),
    "57P03": (errors.ServerNotReady, "The server takes no connections yet: {said}. Run again once it is up"),
    "25006": (errors.QueryFailed, "The server is read-only, probably a standby: {said}. Name its primary"),
    "3D000": (errors.DatabaseMissing, "There is no such database: {said}. Correct the name, or create it"),
    "28P01": (
        errors.LoginRefused,
        "The login was refused: {said}. Correct the connection's login or password",
    ),
    "28000": (errors.LoginRefused, "The login was refused: {said}. Correct the login, or pg_hba.conf"),
}
"""SQLSTATE (PostgreSQL documentation, appendix A) to our error. A failed login carries none in psycopg2."""

_BY_WORDS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|no password supplied", "28P01"),
    (
        r"no pg_hba.conf entry|role .* (does not exist|is not permitted to log in)|authentication failed",
        "28000",
    ),
    (r"database .* does not exist|not currently accepting connections", "3D000"),
    (r"permission denied for database", "42501"),
    (r"too many (clients|connections)|remaining connection slots|connection limit exceeded", "53300"),
    (r"database system is (starting up|shutting down|in recovery|not yet accepting)", "57P03"),
)
_TLS = r"certificate|does not support SSL|SSL error|SSL was required|no encryption"
_LOST = (
    r"server closed the connection|connection (already closed|not open)|terminating connection|EOF detected"
)
_UNREACHED = (
    r"Connection refused|could not translate host name|timeout expired|timed out|No route to host"
    r"|Network is unreachable|No such file or directory|could not connect"
)


def explain(error: psycopg2.Error, *, where: str = "", fault: str = "") -> DataOpsError:
    """The error as one of ours: what happened, ``where``, what to do next. Holds no query text.

    ``fault`` says what is wrong with the server's certificate, where somebody looked.
    """
    text = str(error)
    said = _first_words(error)
    place = f" ({where})" if where else ""
    state = error.pgcode or next((state for words, state in _BY_WORDS if re.search(words, text)), "")
    if state in _BY_STATE:
        leaf, sentence = _BY_STATE[state]
        return leaf(f"{sentence.format(said=said)}{place}.")
    if re.search(_TLS, text):
        return errors.UntrustedServer(
            f"The server's TLS cannot be trusted: {fault or said}. "
            f"Renew its certificate, or name its authority in sslrootcert{place}."
        )
    if re.search(_UNREACHED, text) and not error.pgcode:
        return errors.ServerUnreachable(
            f"The server does not answer: {said}. See whether it runs, and correct host and port{place}."
        )
    if re.search(_LOST, text):
        return errors.ConnectionLost(
            f"The connection was lost: {said}. See the server's log, then run again{place}."
        )
    return errors.QueryFailed(f"PostgreSQL reported {error.pgcode or 'an error'}: {said}{place}.")


@contextmanager
def explained(where: str = "") -> Generator[None]:
    """A block in which every error of psycopg2 becomes one of ours."""
    import psycopg2

    try:
        yield
    except psycopg2.Error as error:
        raise explain(error, where=where) from error


def where(connection: Connection, dbname: str | None = None) -> str:
    """A connection in words, without its password."""
    port = f":{connection.port}" if connection.port else ""
    user = f" as {connection.login}" if connection.login else ""
    database = dbname or connection.schema or "postgres"
    return f"connection {connection.id}: {connection.host or 'local socket'}{port}, database {database}{user}"


def _first_words(error: psycopg2.Error) -> str:
    text = (error.diag.message_primary if error.diag else None) or str(error)
    first = next(iter(text.strip().splitlines()), "no reason given").strip()
    first = re.sub(
        r'^connection to server (at|on socket) "[^"]*"( \([^)]*\))?(, port \d+)? failed:\s*', "", first
    )
    return re.sub(r"^(FATAL|ERROR):\s*", "", first).rstrip(".")
