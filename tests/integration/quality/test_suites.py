"""Suites on a real server: a broken row is red, what cannot be asked is inconclusive, a profile holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict
from dataops.quality import SuiteInvalid, SuiteResult, profile, run_suite, write_suite

WriteSuite = Callable[..., Path]

NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
ROWS = "expect_table_row_count_to_be_between"
UNIQUE = "expect_column_values_to_be_unique"
QUERY = "unexpected_rows_expectation"

HEALTHY: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "public.orders": [
        (ROWS, {"min_value": 600}),
        (NOT_NULL, {"column": "code"}),
        (UNIQUE, {"column": "code"}),
        (IN_SET, {"column": "state", "value_set": ["open", "paid", "sent"]}),
        (BETWEEN, {"column": "price", "min_value": 0, "max_value": 1000}),
        (QUERY, {"unexpected_rows_query": "SELECT id FROM {batch} AS o WHERE o.ordered_at > '2030-01-01'"}),
        (
            QUERY,
            {"unexpected_rows_query": "WITH bad AS (SELECT FROM {batch} WHERE price < 0) SELECT FROM bad;"},
        ),
    ]
}


def red(result: SuiteResult) -> list[tuple[str, Verdict]]:
    return [(each.words, each.verdict) for each in result.results if each.verdict is not Verdict.PASSED]


def test_a_healthy_database_meets_its_suite(primary: Any, shop: str, suite_file: WriteSuite) -> None:
    result = run_suite(primary.connection, shop, suite_file(HEALTHY))
    assert (result.verdict, red(result), len(result.results)) == (Verdict.PASSED, [], 7)
    assert result.programs["great_expectations"]


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ("DELETE FROM orders WHERE id = 7", 0),
        ("UPDATE orders SET code = NULL WHERE id = 7", 1),
        ("UPDATE orders SET code = 'C8' WHERE id = 7", 2),
        ("ALTER TYPE state ADD VALUE 'lost'", None),
        ("UPDATE orders SET price = 1000.01 WHERE id = 7", 4),
        ("UPDATE orders SET ordered_at = '2031-01-01' WHERE id = 7", 5),
    ],
)
def test_one_broken_row_turns_its_expectation_red_and_no_other(
    primary: Any, shop: str, suite_file: WriteSuite, damage: str, place: int | None
) -> None:
    broken = primary.create_database("quality", template=shop)
    primary.execute(damage, dbname=broken)
    if place is None:  # a new value of an enum can be used only in the next transaction
        primary.execute("UPDATE orders SET state = 'lost' WHERE id = 7", dbname=broken)
        place = 3
    result = run_suite(primary.connection, broken, suite_file(HEALTHY))
    verdicts = [each.verdict for each in result.results]
    assert verdicts == [Verdict.FAILED if i == place else Verdict.PASSED for i in range(7)]
    assert result.verdict is Verdict.FAILED
    assert result.tables[0].summary == "6 of 7 hold"


def test_what_the_restored_database_lacks_fails_what_names_it(
    primary: Any, shop: str, suite_file: WriteSuite
) -> None:
    path = suite_file({
        "public.orders": [
            (NOT_NULL, {"column": "gone"}),
            (NOT_NULL, {"column": "code"}),
            (QUERY, {"unexpected_rows_query": "SELECT id FROM {batch} WHERE lost < 0"}),
            ("expect_column_to_exist", {"column": "gone"}),
        ],
        "public.lost": [(ROWS, {"min_value": 1})],
    })
    result = run_suite(primary.connection, shop, path)
    assert [each.verdict.value for each in result.results] == [
        "failed",
        "passed",
        "failed",
        "failed",
        "failed",
    ]
    assert result.results[0].reason == "The table has no column gone."
    assert 'column "lost" does not exist' in result.results[2].reason
    assert result.results[4].reason == "The database has no such table."


def test_what_cannot_be_asked_is_inconclusive_and_spoils_nothing_else(
    primary: Any, shop: str, suite_file: WriteSuite
) -> None:
    slow = "SELECT id, pg_sleep(60) FROM {batch}"
    path = suite_file({
        "public.orders": [
            (QUERY, {"unexpected_rows_query": slow}),
            (QUERY, {"unexpected_rows_query": "SELEC id FROM {batch}"}),
            (QUERY, {"unexpected_rows_query": "SELECT 1 / (id - id) FROM {batch}"}),
            (NOT_NULL, {"column": "code"}),
        ]
    })
    result = run_suite(primary.connection, shop, path, timeout=0.5)
    assert [each.verdict.value for each in result.results] == ["inconclusive"] * 3 + ["passed"]
    assert "statement timeout" in result.results[0].reason
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_table_that_may_not_be_read_is_inconclusive(
    primary: Any, shop: str, suite_file: WriteSuite
) -> None:
    from dataclasses import replace

    primary.execute(
        "DROP ROLE IF EXISTS quality_stranger; CREATE ROLE quality_stranger LOGIN PASSWORD 'stranger'"
    )
    stranger = replace(primary.connection, login="quality_stranger", password="stranger")
    path = suite_file({"public.secret": [(ROWS, {"min_value": 1}), (NOT_NULL, {"column": "a"})]})
    result = run_suite(stranger, shop, path)
    assert [each.verdict.value for each in result.results] == ["inconclusive"] * 2
    assert "permission denied" in result.results[0].reason


def test_a_suite_without_time_left_is_inconclusive(primary: Any, shop: str, suite_file: WriteSuite) -> None:
    result = run_suite(primary.connection, shop, suite_file(HEALTHY), deadline=-1)
    assert {each.verdict.value for each in result.results} == {"inconclusive"}


def test_a_wrong_suite_and_a_missing_server_are_errors(
    primary: Any, shop: str, suite_file: WriteSuite
) -> None:
    with pytest.raises(SuiteInvalid, match=r"kwargs\.column is missing"):
        run_suite(primary.connection, shop, suite_file({"public.orders": [(NOT_NULL, {})]}))
    with pytest.raises(DataOpsError, match="no such database"):
        run_suite(primary.connection, "nowhere", suite_file(HEALTHY))


def test_a_profile_holds_for_what_it_saw_and_is_the_same_again(
    primary: Any, shop: str, tmp_path: Path
) -> None:
    suite = profile(primary.connection, shop, database="shop")
    assert suite == profile(primary.connection, shop, database="shop")
    names = [table.name for table in suite.suites]
    assert names == ['"Odd; 100%"."a "":name"" {x}"', "public.measured", "public.orders", "public.secret"]
    write_suite(suite, tmp_path / "shop.json")
    result = run_suite(primary.connection, shop, tmp_path / "shop.json")
    assert (result.verdict, red(result)) == (Verdict.PASSED, [])
    told = {(each.table, each.words, each.expected) for each in result.results}
    assert {
        ("public.orders", "number of rows", "at least 300"),
        ("public.orders", "code is never empty", "a value in every row"),
        ("public.orders", "code holds no value twice", "every value once"),
        ("public.orders", "state is one of its values", "open, paid, sent"),
        ("public.orders", "price lies in its range", "0 to 990"),
        ("public.orders", "ordered_at lies in its range", "at least 2026-01-01"),
        ('"Odd; 100%"."a "":name"" {x}"', "select is one of its values", "v0, v1, v2"),
    } <= told


def test_a_profile_sees_the_fault_of_the_next_night(primary: Any, shop: str, tmp_path: Path) -> None:
    write_suite(profile(primary.connection, shop, database="shop"), tmp_path / "shop.json")
    broken = primary.create_database("quality", template=shop)
    primary.execute("UPDATE orders SET price = -3 WHERE id = 5; TRUNCATE secret", dbname=broken)
    result = run_suite(primary.connection, broken, tmp_path / "shop.json")
    assert red(result) == [
        ("price lies in its range", Verdict.FAILED),
        ("number of rows", Verdict.FAILED),
    ]
