"""One way in which a restored database can differ from its source."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """``done`` makes the copy differ in ``kind``, ``identity`` and ``field`` ("" for missing or extra)."""

    there: str
    done: str
    kind: str
    identity: str
    field: str = ""
