"""Building an index on a scratch server, and taking it away again."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dataops.performance.advising.identifiers import qualified, quoted
from dataops.performance.proving.created import Created
from dataops.performance.proving.judging import Built
from dataops.performance.proving.prepared import CannotTry, name_of

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

BUILD_LIMIT = 1800.0
"""Seconds that building one index may take."""
_PIECES = """
SELECT array_agg(relname::text), sum(pg_relation_size(oid))
  FROM pg_class
 WHERE oid = %(index)s::regclass OR oid IN (SELECT relid FROM pg_partition_tree(%(index)s::regclass))
"""


@contextmanager
def index_built(session: PsycopgConnection, index: Created) -> Generator[Built]:
    """The index, as long as the block lasts. Raises ``CannotTry`` where it cannot be built."""
    import psycopg2

    place = qualified(index.schema, index.name) if index.schema else quoted(index.name)
    with session.cursor() as cursor:
        try:
            cursor.execute(f"SET statement_timeout = {BUILD_LIMIT * 1000:.0f}")
            begun = time.monotonic()
            cursor.execute(index.sql)
            seconds = time.monotonic() - begun
            cursor.execute(_PIECES, {"index": place})
            names, bytes_ = cursor.fetchone() or ([], 0)
        except psycopg2.Error as error:
            raise CannotTry(f"the index cannot be built: {name_of(error)}") from None
        try:
            yield Built(frozenset(names), seconds, int(bytes_))
        finally:
            with suppress(psycopg2.Error):
                cursor.execute(f"DROP INDEX IF EXISTS {place}")
