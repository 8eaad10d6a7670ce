"""One line of history: every node on the timeline of the promotions, and where it left the old one."""

from __future__ import annotations

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.topology import Role, Topology
from dataops.failover.verifying.timelines import Fork, fork_at, forks_of, one_line_of_history
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.builders import cluster, node

PRIMARY, STANDBY = Role.PRIMARY, Role.STANDBY
HISTORY = """\
1\t0/3000148\tno recovery target specified

2\t1/A0000F8\tbefore 2000-01-01 00:00:00+00 # a comment
"""


def test_a_history_file_tells_where_each_timeline_ended() -> None:
    assert forks_of(HISTORY) == (
        Fork(1, 0x3000148, "no recovery target specified"),
        Fork(2, (1 << 32) + 0xA0000F8, "before 2000-01-01 00:00:00+00"),
    )
    assert fork_at(HISTORY, 2) == (1 << 32) + 0xA0000F8
    assert fork_at(HISTORY, 3) is None
    assert fork_at("", 1) is None


@given(st.lists(st.tuples(st.integers(1, 1 << 31), st.integers(0, (1 << 64) - 1)), max_size=5))
def test_whatever_was_written_is_read_again(forks: list[tuple[int, int]]) -> None:
    text = "".join(f"{line}\t{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}\treason\n" for line, lsn in forks)
    assert [(each.timeline, each.lsn) for each in forks_of(text)] == forks


@given(st.text(max_size=80))
def test_anything_else_is_no_fork_and_no_error(text: str) -> None:
    assert all(each.timeline >= 0 for each in forks_of(text))


def judged(after: Topology, *, promotions: int = 1, fenced: tuple[str, ...] = ()) -> Check:
    return one_line_of_history(
        "one line of history", cluster(), after, primary="beta", promotions=promotions, fenced=fenced
    )


def test_after_a_promotion_every_node_is_one_timeline_further() -> None:
    after = cluster(node("alpha", STANDBY, timeline=2), node("beta", PRIMARY, timeline=2))
    assert judged(after).verdict is Verdict.PASSED
    assert judged(after).observed == "alpha 2, beta 2"


@pytest.mark.parametrize(
    ("alpha", "beta", "verdict", "said"),
    [
        # an old primary that came back unfenced writes a history of its own
        (node("alpha", PRIMARY, timeline=1), node("beta", PRIMARY, timeline=2), Verdict.FAILED, "alpha"),
        (node("alpha", STANDBY, timeline=1), node("beta", PRIMARY, timeline=2), Verdict.FAILED, "alpha"),
        # somebody promoted it twice
        (node("alpha", STANDBY, timeline=3), node("beta", PRIMARY, timeline=3), Verdict.FAILED, "timeline 3"),
        # nobody was promoted at all
        (node("alpha", PRIMARY, timeline=1), node("beta", PRIMARY, timeline=1), Verdict.FAILED, "timeline 1"),
        # nobody can tell: that is never well
        (
            node("alpha", Role.UNKNOWN, timeline=0),
            node("beta", PRIMARY, timeline=2),
            Verdict.INCONCLUSIVE,
            "alpha",
        ),
        (
            node("alpha", STANDBY, timeline=2),
            node("beta", Role.UNKNOWN, timeline=0),
            Verdict.INCONCLUSIVE,
            "nobody could read the timeline of beta",
        ),
    ],
)
def test_another_history_is_no_line(alpha, beta, verdict: Verdict, said: str) -> None:  # type: ignore[no-untyped-def]
    found = judged(cluster(alpha, beta))
    assert found.verdict is verdict
    assert said in found.reason


def test_a_node_that_does_not_run_has_no_history_of_its_own() -> None:
    down = cluster(node("alpha", Role.DOWN, timeline=0), node("beta", PRIMARY, timeline=2))
    assert judged(down).verdict is Verdict.PASSED
    cut = cluster(node("alpha", Role.UNKNOWN, timeline=0), node("beta", PRIMARY, timeline=2))
    assert judged(cut).verdict is Verdict.INCONCLUSIVE
    assert judged(cut, fenced=("alpha",)).verdict is Verdict.PASSED


def test_without_a_promotion_the_timeline_stays() -> None:
    stayed = cluster(node("alpha", STANDBY), node("beta", PRIMARY))
    assert judged(stayed, promotions=0).verdict is Verdict.PASSED
    moved = cluster(node("alpha", STANDBY, timeline=2), node("beta", PRIMARY, timeline=2))
    assert judged(moved, promotions=0).verdict is Verdict.FAILED


def test_without_a_timeline_before_nothing_can_be_said() -> None:
    nobody = cluster(node("alpha", Role.DOWN, timeline=0), node("beta", STANDBY))
    after = cluster(node("alpha", STANDBY, timeline=2), node("beta", PRIMARY, timeline=2))
    found = one_line_of_history("one line", nobody, after, primary="beta")
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("role", [Role.STANDBY, Role.UNKNOWN, Role.DOWN])
def test_a_fenced_node_waits_to_rejoin_on_whatever_timeline_it_stopped(role: Role) -> None:
    after = cluster(node("alpha", role, timeline=1), node("beta", Role.PRIMARY, timeline=2), routed="beta")

    found = one_line_of_history("t", cluster(), after, primary="beta", fenced=("alpha",))

    assert found.verdict is Verdict.PASSED


def test_a_fenced_node_that_says_it_is_primary_is_a_second_history() -> None:
    after = cluster(
        node("alpha", Role.PRIMARY, timeline=1), node("beta", Role.PRIMARY, timeline=2), routed="beta"
    )

    found = one_line_of_history("t", cluster(), after, primary="beta", fenced=("alpha",))

    assert found.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (1, Verdict.FAILED),  # it came back on the old one
        (2, Verdict.PASSED),  # it died before it had begun one
        (3, Verdict.PASSED),  # it died behind that
        (4, Verdict.FAILED),  # somebody else promoted it besides
    ],
)
def test_a_promotion_that_was_cut_short_may_have_begun_a_timeline(line: int, verdict: Verdict) -> None:
    after = cluster(node("alpha", STANDBY, timeline=line), node("beta", PRIMARY, timeline=line))
    found = one_line_of_history("t", cluster(), after, primary="beta", died=1)
    assert found.verdict is verdict, found


def test_after_a_promotion_that_was_cut_short_all_are_on_one_timeline() -> None:
    after = cluster(node("alpha", STANDBY, timeline=2), node("beta", PRIMARY, timeline=3))
    assert one_line_of_history("t", cluster(), after, primary="beta", died=1).verdict is Verdict.FAILED
