"""Rows of PostgreSQL as polars frames, by COPY in CSV: no Python object for each of a million values."""

from __future__ import annotations

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from dataops.performance.columns import FLAG, MOMENT
from dataops.postgres.explaining import explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_NULL = "\\N"


def copy_out(
    conn: PsycopgConnection, select: str, types: Mapping[str, pl.DataType], *, where: str
) -> pl.DataFrame:
    """The rows of a SELECT. ``types`` has the type of every column that it may answer, by name.

    Lists must come as JSON. Raises the leaves of ``dataops.postgres.errors``, told ``where``.
    """
    answer = io.BytesIO()
    with explained(where), _waiting_in_libpq(), conn.cursor() as cursor:
        cursor.copy_expert(f"COPY ({select}) TO STDOUT (FORMAT csv, HEADER, NULL '{_NULL}')", answer)
    return from_csv(answer.getvalue(), types)


@contextmanager
def _waiting_in_libpq() -> Generator[None]:
    """Without psycopg2's wait callback, by which tasks hear signals while they wait: COPY refuses it.

    A task that is told to stop meanwhile does so when the question has its answer, or its timeout.
    Source: psycopg documentation, "Support for coroutine libraries".
    """
    from psycopg2.extensions import get_wait_callback, set_wait_callback

    before = get_wait_callback()
    set_wait_callback(None)
    try:
        yield
    finally:
        set_wait_callback(before)


def fetch(
    conn: PsycopgConnection, select: str, types: Mapping[str, pl.DataType], *, where: str
) -> pl.DataFrame:
    """The same by a plain SELECT, of few rows."""
    with explained(where), conn.cursor() as cursor:
        cursor.execute(select)
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description or ()]
    return pl.DataFrame(rows, schema={name: types[name] for name in names}, orient="row")


def from_csv(answer: bytes, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """What COPY answered, typed. A column without a type is an error of ours, found by the first test."""
    names = answer[: answer.index(b"\n")].decode().split(",")
    names = [name.strip('"') for name in names]
    read = pl.read_csv(
        answer,
        schema={name: _as_read(types[name]) for name in names},
        null_values=_NULL,
        empty_string_is_null=False,
    )
    return read.select(_typed(name, types[name]) for name in names)


def _as_read(type_: pl.DataType) -> pl.DataType:
    words = type_ in {FLAG, MOMENT} or isinstance(type_, pl.List)
    return pl.String() if words else type_


def _typed(name: str, type_: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if type_ == FLAG:
        return column.is_in(["t", "true"])
    if type_ == MOMENT:
        # An infinite moment has no place on a clock: none.
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", strict=False).cast(type_)
    if isinstance(type_, pl.List):
        return column.str.json_decode(type_)
    return column
