"""Contents: the same rows, counted and hashed; what could not be compared is never said to be equal."""

from __future__ import annotations

from dataclasses import replace

from dataops.evidence.verdict import Verdict
from dataops.failover.verifying.contents import BUDGET, Contents, same_contents

TABLES = {"public.orders": (10, "aa" * 32), "dataops_canary.writes": (5, "bb" * 32)}
ALPHA = Contents("alpha", TABLES, since=100, until=100)
BETA = replace(ALPHA, node="beta")


def test_the_same_rows_everywhere_pass() -> None:
    check = same_contents("same rows", ALPHA, (BETA, replace(BETA, node="gamma")))
    assert (check.verdict, check.observed) == (Verdict.PASSED, "2 tables, 15 rows")
    assert len(check.parts) == 4


def test_one_row_more_or_another_content_is_named() -> None:
    more = replace(BETA, tables={**TABLES, "public.orders": (11, "cc" * 32)})
    check = same_contents("same rows", ALPHA, (more,))
    assert check.verdict is Verdict.FAILED
    assert (
        "public.orders on beta: expected 10 rows, aaaaaaaaaaaa, observed 11 rows, cccccccccccc"
        in check.reason
    )


def test_a_table_that_only_one_node_has_is_named() -> None:
    fewer = replace(BETA, tables={"public.orders": TABLES["public.orders"]})
    for one, other in ((ALPHA, fewer), (replace(fewer, node="alpha"), BETA)):
        check = same_contents("same rows", one, (other,))
        assert check.verdict is Verdict.FAILED
        assert "no such table" in check.reason


def test_where_others_wrote_meanwhile_only_the_canarys_rows_are_compared_and_that_is_said() -> None:
    busy = replace(ALPHA, until=200)
    other = replace(BETA, tables={**TABLES, "public.orders": (11, "cc" * 32)})
    check = same_contents("same rows", busy, (other,), own="dataops_canary")
    assert check.verdict is Verdict.PASSED
    assert "only the canary's own rows were compared" in str(check.observed)
    lost = replace(BETA, tables={**TABLES, "dataops_canary.writes": (4, "dd" * 32)})
    assert same_contents("same rows", busy, (lost,), own="dataops_canary").verdict is Verdict.FAILED


def test_where_nothing_is_left_to_compare_it_is_open() -> None:
    busy = replace(ALPHA, until=200)
    assert same_contents("same rows", busy, (BETA,)).verdict is Verdict.INCONCLUSIVE
    empty = replace(ALPHA, tables={})
    assert same_contents("same rows", empty, (replace(empty, node="beta"),)).verdict is Verdict.INCONCLUSIVE


def test_a_node_that_could_not_be_read_leaves_it_open() -> None:
    unread = Contents("beta", error="it does not answer")
    for one, other in ((ALPHA, unread), (replace(unread, node="alpha"), BETA)):
        check = same_contents("same rows", one, (other,))
        assert check.verdict is Verdict.INCONCLUSIVE
        assert "it does not answer" in check.reason


def test_a_table_that_was_too_large_for_the_time_is_left_out_and_named() -> None:
    cut = replace(BETA, tables={"dataops_canary.writes": (5, "bb" * 32)}, unread=("public.orders",))
    check = same_contents("same rows", ALPHA, (cut,))
    assert check.verdict is Verdict.PASSED
    assert f"not read within {BUDGET:g} s: public.orders" in str(check.observed)
    all_cut = replace(ALPHA, tables={}, unread=tuple(TABLES))
    check = same_contents("same rows", all_cut, (replace(all_cut, node="beta"),))
    assert check.verdict is Verdict.INCONCLUSIVE
    assert [part.verdict for part in check.parts] == [Verdict.NOT_APPLICABLE] * 2


def test_unlogged_tables_are_named() -> None:
    assert "unlogged and so not compared: public.cache" in str(
        same_contents("same rows", replace(ALPHA, unlogged=("public.cache",)), (BETA,)).observed
    )
