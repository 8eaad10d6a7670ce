"""Making freshly loaded tables what they are in service: vacuumed, so that an index alone can answer.

Without it every row of a logical restore would be looked up in the table to see whether it is visible, and
the first reader would write hint bits; no server that has run for a night is like that.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from dataops.performance.advising import Unparsable, read_relations
from dataops.performance.advising.identifiers import qualified

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection


def settle(session: PsycopgConnection, texts: Iterable[str]) -> int:
    """Vacuum every table that one of the statements names; how many there were.

    Needs a superuser's session in autocommit mode. A table that cannot be vacuumed stays as it is.
    """
    import psycopg2

    places: dict[str, None] = {}
    for text in texts:
        with suppress(Unparsable):
            known = read_relations(session, text).all
            places.update(dict.fromkeys(qualified(each.schema, each.name) for each in known))
    with session.cursor() as cursor:
        for place in places:
            with suppress(psycopg2.Error):
                cursor.execute(f"VACUUM {place}")
    return len(places)
