"""The archive goes on where a whole segment of the new timeline reached it, and nothing fails since."""

from __future__ import annotations

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.verifying.archiving import Archiver, archive_continues

BEFORE = Archiver(on=True, archived=4, last="000000010000000000000004")
SEGMENT = "000000020000000000000005"


def judged(after: Archiver, before: Archiver = BEFORE) -> Check:
    return archive_continues("archive continues", before, after, 2, waited=1.25)


def test_a_segment_of_the_new_timeline_is_enough() -> None:
    found = judged(Archiver(on=True, archived=6, last=SEGMENT, failed=3, last_failed="old"))
    assert (found.verdict, found.observed, found.seconds) == (Verdict.PASSED, SEGMENT, 1.25)


@pytest.mark.parametrize(
    "last",
    [
        "",
        "000000010000000000000005",  # of the old timeline
        "00000002.history",  # says that there is a new one, and holds none of its WAL
        "000000020000000000000005.partial",
        "000000010000000000000005.00000028.backup",
        "nonsense",
    ],
)
def test_anything_else_that_came_last_is_no_proof(last: str) -> None:
    found = judged(Archiver(on=True, archived=6, last=last))
    assert found.verdict is Verdict.FAILED
    assert f"observed {last or 'nothing'} after 1.2 s" in found.reason


def test_a_failure_since_the_last_success_is_a_gap_in_the_making() -> None:
    found = judged(
        Archiver(
            on=True,
            archived=6,
            last=SEGMENT,
            failed=1,
            last_failed="000000020000000000000006",
            last_failed_is_newer=True,
        )
    )
    assert found.verdict is Verdict.FAILED
    assert "observed 000000020000000000000006" in found.reason


def test_a_new_primary_that_does_not_archive_is_failed_where_the_old_one_did() -> None:
    off = Archiver(on=False)
    assert judged(off).verdict is Verdict.FAILED
    assert judged(off).reason == "the new primary does not archive"
    assert judged(off, off).verdict is Verdict.NOT_APPLICABLE
