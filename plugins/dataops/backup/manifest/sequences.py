"""Where sequences stand: they ignore snapshots, so they are read before the dump, which may find them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.backup.manifest.details import SequenceState
from dataops.postgres import sql

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_AT_ONCE = 200
"""Sequences read by one statement: each takes a lock for as long."""


def read_sequences(cursor: Cursor) -> tuple[SequenceState, ...]:
    """The next value of every sequence that a dump carries."""
    cursor.execute("SAVEPOINT sequences")
    cursor.execute(sql(__package__, "sequences"))
    listed = cursor.fetchall()
    states: list[SequenceState] = []
    for start in range(0, len(listed), _AT_ONCE):
        some = listed[start : start + _AT_ONCE]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT {number}, last_value, is_called FROM {name}"
                for number, (name, _, _) in enumerate(some)
            )
        )
        for number, last, called in cursor.fetchall():
            name, step, cycles = some[number]
            states.append(SequenceState(name, last + step if called else last, step > 0, cycles))
    cursor.execute("ROLLBACK TO SAVEPOINT sequences; RELEASE SAVEPOINT sequences")  # frees their locks
    return tuple(sorted(states))
