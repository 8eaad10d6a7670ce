"""Reading back from the store what was written, before it may count as a backup."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from dataops.evidence.verdict import Artifact, Check, Verdict
from dataops.store import ObjectMissing, ObjectStore

READERS = 3
"""Objects read at once; each is hashed as it streams, so memory stays small."""


def read_back(store: ObjectStore, objects: tuple[Artifact, ...], *, name: str) -> Check:
    """One check over all objects, naming each that is missing or differs.

    An object that could not be read for another reason is an error of the store: it raises.
    """
    begun = time.monotonic()
    with ThreadPoolExecutor(READERS, thread_name_prefix="read-back") as pool:
        faults = [fault for fault in pool.map(lambda sent: _fault(store, sent), objects) if fault]
    return Check(
        name=name,
        verdict=Verdict.FAILED if faults else Verdict.PASSED,
        expected=f"{len(objects)} objects as sent",
        observed=faults or f"{len(objects)} objects as sent",
        seconds=round(time.monotonic() - begun, 3),
        reason=faults[0] if faults else "",
    )


def _fault(store: ObjectStore, sent: Artifact) -> str:
    try:
        found, size = store.sha256_of(sent.key)
    except ObjectMissing:
        return f"{sent.key} is missing."
    if size != sent.size:
        return f"{sent.key} has {size} bytes, {sent.size} were sent."
    return "" if found == sent.sha256 else f"{sent.key} holds other bytes than were sent."
