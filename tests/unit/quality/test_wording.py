"""Expectations in words, and never a value of a row that nobody allowed to be shown."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.quality.suite import Expectation
from dataops.quality.wording import expected, observed, words


def told(
    type_: str, result: dict[str, Any], meta: dict[str, Any] | None = None, **kwargs: Any
) -> tuple[str, ...]:
    expectation = Expectation(type=type_, kwargs=kwargs, meta=meta or {})
    return words(expectation), expected(expectation), observed(expectation, result)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (
            told("expect_table_row_count_to_be_between", {"observed_value": 336776}, min_value=300000),
            ("number of rows", "at least 300,000", "336,776"),
        ),
        (
            told(
                "expect_column_values_to_be_between",
                {"element_count": 1000, "unexpected_count": 2},
                column="distance",
                min_value=17,
                max_value=4983,
            ),
            ("distance lies in its range", "17 to 4983", "not so in 2 of 1,000 rows (0.20 %)"),
        ),
        (
            told(
                "expect_column_values_to_not_be_null",
                {"element_count": 1000, "unexpected_count": 0},
                column="name",
                mostly=0.95,
            ),
            ("name is never empty", "a value in at least 95 % of rows", "so in all 1,000 rows"),
        ),
        (
            told("expect_column_mean_to_be_between", {"observed_value": None}, column="x", max_value=2.5),
            ("mean of x", "at most 2.5", "no value: there are no rows"),
        ),
        (
            told("expect_something_new", {"observed_value": 3}, column="x", level="high"),
            ("x: something new", "high", "3"),
        ),
    ],
)
def test_an_expectation_reads_as_a_sentence(asked: tuple[str, ...], answer: tuple[str, ...]) -> None:
    assert asked == answer


def test_the_owners_words_come_first() -> None:
    expectation = Expectation(type="unexpected_rows_expectation", description="no flight without an airline")
    assert words(expectation) == "no flight without an airline"


def test_values_of_rows_are_shown_only_where_the_suite_allows_it() -> None:
    result = {"element_count": 10, "unexpected_count": 2, "partial_unexpected_list": ["Ada", "Ben", "Ada"]}
    kwargs = {"column": "name", "value_set": ["Cleo"]}
    hidden = told("expect_column_values_to_be_in_set", result, **kwargs)
    shown = told("expect_column_values_to_be_in_set", result, {"examples": True}, **kwargs)
    assert "Ada" not in hidden[2]
    assert shown[2].endswith("such as Ada, Ben")
    assert told("expect_column_max_to_be_between", {"observed_value": "Ada"}, column="name")[2] != "Ada"
    assert (
        told("expect_column_max_to_be_between", {"observed_value": "2013-12-31"}, column="day")[2]
        == "2013-12-31"
    )
