"""The bars that the demo prints: as long as there were writes, and crosses where there were none."""

from __future__ import annotations

from sandbox.demo.failover import WIDTH, bars

ROWS = [
    ("-0.04", "12", "0", "0", ""),
    ("+0.00", "0", "1", "2", "fault +0 ms"),
    ("+0.04", "1,200", "0", "0", "routed +44 ms"),
    ("+0.08", "0", "5,000", "0", ""),
]


def test_bars_are_as_long_as_their_share_and_never_longer_than_the_line() -> None:
    before, fault, after, worst = bars(ROWS)
    assert before.count("█") == 1
    assert after.count("█") == WIDTH
    assert after.endswith("routed +44 ms")
    assert (fault.count("█"), fault.count("✕")) == (0, 3)
    assert fault.endswith("fault +0 ms")
    assert worst.count("✕") == WIDTH


def test_of_nothing_nothing_is_drawn() -> None:
    assert bars([]) == []
    assert bars([("0.0", "0", "0", "0", "")]) == ["     0.0 s"]
