"""Hold what was observed on a restored server against what the manifest expects."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

from dataops.backup.manifest.details import Details


class Deviation(StrEnum):
    """How something differs. ``unseen``: the observer could not look, so nothing is proved about it."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    UNSEEN = "unseen"


class Difference(NamedTuple):
    """One thing that is not as the manifest says."""

    deviation: Deviation
    kind: str
    identity: str
    field: str = ""
    expected: JsonValue = None
    observed: JsonValue = None


def differences(
    expected: Details, observed: Details, *, method: str = "logical", without: Collection[str] = ()
) -> list[Difference]:
    """All differences, sorted; an empty list means that the restored database equals the manifest.

    ``without`` names classes that the caller declares out of scope (a restore without roles).
    """
    raise NotImplementedError
