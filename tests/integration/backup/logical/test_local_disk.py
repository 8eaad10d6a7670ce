"""The dump's files never take more of the local disk than they may, however slow the store is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from dataops.backup.logical.dump import StoreTooSlow
from dataops.evidence.verdict import Verdict

# Without compression, in two files: 300 MB, more than the bound and all that uploads hold in memory.
WIDE = """
CREATE TABLE a AS SELECT i, repeat(chr(97 + i % 26), 1000) AS v FROM generate_series(1, {rows}) AS i;
CREATE TABLE b AS SELECT * FROM a;
"""
BOUND = 128 << 20


def late_by(seconds: float) -> Callable[[str, str], None]:
    """A store that takes so long for each part."""

    def decide(method: str, path: str) -> None:
        if "partNumber" in path:
            threading.Event().wait(seconds)

    return decide


def figure(report: Any, name: str) -> float:
    return float(next(figure.value for figure in report.figures if figure.name == name))


def test_a_dump_larger_than_the_bound_stays_within_it(bench: Any, through_proxy: Any, faulty: Any) -> None:
    one = through_proxy(bench(WIDE.format(rows=150_000), compression="none"))
    faulty.decide = late_by(0.1)
    taken, verified, _ = one.backup(disk_bound=BOUND)
    assert verified.checks[0].verdict is Verdict.PASSED
    assert figure(taken, "dump size") > 2 * BOUND
    assert 0 < figure(taken, "peak local disk") <= BOUND
    assert figure(taken, "dump paused") > 0


def test_a_store_that_takes_nothing_ends_the_dump_with_its_reason(
    bench: Any, through_proxy: Any, faulty: Any
) -> None:
    one = through_proxy(bench(WIDE.format(rows=150_000), compression="none"))
    faulty.decide = late_by(8)
    with pytest.raises(StoreTooSlow, match="the store takes data too slowly"):
        one.take(disk_bound=BOUND, disk_patience="1s")
    assert one.published() == []
    assert one.leftovers() == []
