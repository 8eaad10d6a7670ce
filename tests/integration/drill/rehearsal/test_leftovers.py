"""The copies of a rehearsal that died are swept, those of one that may live are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from dataops.drill.rehearsal.leftovers import removals
from dataops.evidence.verdict import Verdict


def test_copies_of_a_dead_rehearsal_are_swept_after_the_grace_time(bench: Callable[..., Any]) -> None:
    one, said = bench(""), []
    key = "rehearsals/20260101T000000Z-abcdef/backups/shop/20260101T000000Z-aaaaaa/manifest.json"
    one.store.put(key, b"{}")
    one.store.put("backups/shop/untouched", b"{}")
    grace = timedelta(hours=24)
    (check,) = removals(one.platform, said.append, grace=grace, now=datetime.now(UTC))
    assert (check.verdict, said, one.store.exists(key)) == (Verdict.PASSED, [], True)
    later = datetime.now(UTC) + timedelta(hours=25)
    (check,) = removals(one.platform, said.append, grace=grace, now=later)
    assert (check.verdict, one.store.exists(key)) == (Verdict.PASSED, False)
    assert said == ["Removed the copies of rehearsal 20260101T000000Z-abcdef: it died."]
    assert one.keys() == ["backups/shop/untouched"]
