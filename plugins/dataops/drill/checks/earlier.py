"""What earlier drills of a subject covered, as their evidence tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from dataops.evidence.chain import newest

if TYPE_CHECKING:
    from dataops.store import ObjectStore

CAPABILITY = "restore_drill"
BACK = 20
"""So many records are looked through for one with coverage: a drill that broke before its checks has none."""


def earlier_coverage(store: ObjectStore, subject: str) -> Mapping[str, Any]:
    """The newest drill's coverage; empty where none has left any."""
    for link in islice(newest(store, CAPABILITY, subject), BACK):
        coverage = json.loads(store.get(link.key)).get("details", {}).get("coverage")
        if isinstance(coverage, dict):
            return coverage
    return {}
