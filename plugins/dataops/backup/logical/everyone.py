"""The settings of ALTER ROLE ALL, which neither pg_dump nor pg_dumpall writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing

from dataops import postgres
from dataops.connections import Connection

_QUESTION = (
    "SELECT unnest(setconfig) FROM pg_catalog.pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"
)
_LISTS = {
    *("local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries"),
    *("temp_tablespaces", "unix_socket_directories"),
}
"""Settings whose value is a list of identifiers (GUC_LIST_QUOTE; as pg_dump lists them in dumputils.c)."""
_ITEM = re.compile(r'"(?:[^"]|"")*"|[^,\s]+')


def settings_of_everyone(connection: Connection, dbname: str) -> bytes:
    """SQL that sets them anew on a server, one statement a line; empty where there are none."""
    with (
        postgres.explained("the settings of ALTER ROLE ALL"),
        closing(
            postgres.connect(
                connection, dbname=dbname, application_name="dataops backup", autocommit=True, pinned=True
            )
        ) as session,
        session.cursor() as cursor,
    ):
        cursor.execute(_QUESTION)
        settings = [str(row[0]) for row in cursor.fetchall()]
    return statements_of(settings).encode()


def statements_of(settings: Iterable[str]) -> str:
    """The statements for entries of ``pg_db_role_setting.setconfig``, as in ``work_mem=8MB``."""
    return "".join(f"ALTER ROLE ALL SET {_assignment(*each.split('=', 1))};\n" for each in sorted(settings))


def _assignment(name: str, value: str) -> str:
    items = [_bare(item) for item in _ITEM.findall(value)] if name.lower() in _LISTS else [value]
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))
    return f"{quoted} TO {', '.join(map(_literal, items)) or _literal('')}"


def _bare(item: str) -> str:
    return item[1:-1].replace('""', '"') if item.startswith('"') else item


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
