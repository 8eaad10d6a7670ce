"""What several runs of the same insertions say together."""

from __future__ import annotations

from dataops.performance.proving.write_cost import Written, least_of


def test_pages_that_a_checkpoint_made_whole_again_do_not_count() -> None:
    after_a_checkpoint, usual = Written(2000, 0.011, 9_000), Written(2000, 0.012, 1_100)
    assert least_of([after_a_checkpoint, usual, usual]) == Written(2000, 0.011, 1_100)
