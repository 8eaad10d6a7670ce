"""The end of a long chain is found, and the next record goes there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence import chain, publish
from dataops.evidence.chain import Link
from dataops.store import ObjectStore

from tests.unit.evidence.samples import record


def lay(store: ObjectStore, sample: Any, sequence: int) -> None:
    """A link of this number; the thousands of others are not needed to find the end."""
    link = Link(
        sequence=sequence,
        capability=sample.capability,
        subject=sample.subject,
        key="evidence/one/evidence.json",
        page_key="evidence/one/index.html",
        sha256="0" * 64,
        page_sha256="0" * 64,
        previous=None,
        verdict=sample.verdict,
        reason=sample.reason,
        started=sample.started,
        finished=sample.finished,
    )
    store.put(chain.link_key(sample.capability, sample.subject, sequence), link.to_bytes())


@pytest.mark.parametrize("thousands", [0, 1, 2, 3, 5, 8, 52])
def test_the_newest_link_comes_first_however_long_the_chain(
    object_store_server: Any, tmp_path: Path, thousands: int
):
    store = ObjectStore(object_store_server.connection(), object_store_server.bucket())
    sample = record()
    last = thousands * 1000 + 2
    for sequence in (*range(1000, last, 1000), last - 1, last):
        lay(store, sample, sequence)
    found = [link.sequence for link in islice(chain.newest(store, sample.capability, sample.subject), 3)]
    assert found == [last, last - 1, *([thousands * 1000] if thousands else [])]
    assert publish(store, sample, spool=tmp_path).sequence == last + 1
