"""Expectations and their results in words that need no knowledge of Great Expectations.

Values of rows never appear unless the expectation says ``examples: true``: evidence outlives the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from dataops.quality.suite import Expectation

SHOWN = 5
_LONGEST = 300
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ][\d:.+Z-]*)?")

_WORDS: dict[str, str] = {
    "expect_table_row_count_to_be_between": "number of rows",
    "expect_table_row_count_to_equal": "number of rows",
    "expect_table_column_count_to_equal": "number of columns",
    "expect_table_columns_to_match_set": "columns of the table",
    "expect_column_to_exist": "column {column} is there",
    "expect_column_values_to_not_be_null": "{column} is never empty",
    "expect_column_values_to_be_null": "{column} is always empty",
    "expect_column_values_to_be_unique": "{column} holds no value twice",
    "expect_compound_columns_to_be_unique": "{columns} hold no combination twice",
    "expect_column_values_to_be_in_set": "{column} is one of its values",
    "expect_column_values_to_not_be_in_set": "{column} is none of the banned values",
    "expect_column_distinct_values_to_be_in_set": "{column} takes only its values",
    "expect_column_distinct_values_to_equal_set": "{column} takes exactly its values",
    "expect_column_distinct_values_to_contain_set": "{column} takes all of its values",
    "expect_column_values_to_be_between": "{column} lies in its range",
    "expect_column_min_to_be_between": "smallest {column}",
    "expect_column_max_to_be_between": "largest {column}",
    "expect_column_mean_to_be_between": "mean of {column}",
    "expect_column_median_to_be_between": "median of {column}",
    "expect_column_sum_to_be_between": "sum of {column}",
    "expect_column_stdev_to_be_between": "standard deviation of {column}",
    "expect_column_unique_value_count_to_be_between": "number of distinct values of {column}",
    "expect_column_proportion_of_non_null_values_to_be_between": "filled share of {column}",
    "expect_column_proportion_of_unique_values_to_be_between": "distinct share of {column}",
    "expect_column_value_lengths_to_be_between": "length of {column}",
    "expect_column_value_lengths_to_equal": "length of {column}",
    "expect_column_values_to_match_regex": "{column} has its form",
    "expect_column_values_to_match_like_pattern": "{column} has its form",
    "expect_column_pair_values_a_to_be_greater_than_b": "{column_A} is above {column_B}",
    "expect_column_pair_values_to_be_equal": "{column_A} equals {column_B}",
    "unexpected_rows_expectation": "no row is found by its query",
}

_EXPECTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_column_values_to_not_be_null": lambda kwargs: "a value in every row",
    "expect_column_values_to_be_null": lambda kwargs: "no value in any row",
    "expect_column_values_to_be_unique": lambda kwargs: "every value once",
    "expect_compound_columns_to_be_unique": lambda kwargs: "every combination once",
    "expect_column_to_exist": lambda kwargs: "there",
    "unexpected_rows_expectation": lambda kwargs: "no such row",
    "expect_column_pair_values_a_to_be_greater_than_b": lambda kwargs: (
        "above or equal in every row" if kwargs.get("or_equal") else "above in every row"
    ),
    "expect_column_pair_values_to_be_equal": lambda kwargs: "equal in every row",
}
_ABOUT_COLUMNS = {"column", "column_A", "column_B", "column_list"}


def words(expectation: Expectation) -> str:
    """What is looked at: the owner's description, or ``distance lies in its range``."""
    if expectation.description:
        return expectation.description
    kwargs = expectation.kwargs
    columns = kwargs.get("column_list")
    named = {
        **{name: str(kwargs.get(name, "?")) for name in ("column", "column_A", "column_B")},
        "columns": " and ".join(str(column) for column in columns) if isinstance(columns, list) else "?",
    }
    template = _WORDS.get(expectation.type)
    if template is None:
        plain = expectation.type.removeprefix("expect_").replace("_", " ")
        return f"{named['column']}: {plain}" if "column" in kwargs else plain
    return template.format(**named)


def expected(expectation: Expectation) -> str:
    """What must be there: a range, a set, a form; with the share of rows where not all must."""
    kwargs = expectation.kwargs
    if expectation.type in _EXPECTED:
        text = _EXPECTED[expectation.type](kwargs)
    elif "min_value" in kwargs or "max_value" in kwargs:
        text = _range(kwargs)
    elif isinstance(values := kwargs.get("value_set"), list):
        text = ", ".join(str(value) for value in values)
    else:
        rest = {name: value for name, value in kwargs.items() if name not in {*_ABOUT_COLUMNS, "mostly"}}
        text = ", ".join(_figure(value) for value in rest.values())
    mostly = kwargs.get("mostly")
    if isinstance(mostly, int | float) and mostly < 1:
        text = f"{text.removesuffix(' in every row')} in at least {mostly * 100:g} % of rows"
    return _short(text)


def observed(expectation: Expectation, result: Mapping[str, Any]) -> str:
    """What was there, by Great Expectations' result: a figure, or how many rows were not as expected."""
    if "unexpected_count" in result:
        return _rows(expectation, result) if "element_count" in result else _values(expectation, result)
    value = result.get("observed_value")
    if isinstance(value, bool | int | float):
        return "no such row" if expectation.type.startswith("unexpected") and value == 0 else _figure(value)
    if value is None:
        return "no value: there are no rows" if "observed_value" in result else ""
    if isinstance(value, str) and (_INSTANT.fullmatch(value) or expectation.shows_examples):
        return value
    if expectation.shows_examples:
        return _short(json.dumps(value, ensure_ascii=False, default=str))
    return f"{len(value)} values" if isinstance(value, list | dict) else "a value that is not shown"


def _rows(expectation: Expectation, result: Mapping[str, Any]) -> str:
    total, unexpected = int(result.get("element_count") or 0), int(result["unexpected_count"] or 0)
    if not unexpected:
        return f"so in all {total:,} rows" if total else "there are no rows"
    percent = 100 * unexpected / max(total, 1)
    share = f"{percent:.2f} %" if percent >= 0.01 else "below 0.01 %"
    text = f"not so in {unexpected:,} of {total:,} rows ({share})"
    if expectation.shows_examples and (values := result.get("partial_unexpected_list")):
        examples = dict.fromkeys(str(value) for value in values)
        text += f", such as {', '.join(list(examples)[:SHOWN])}"
    return _short(text)


def _values(expectation: Expectation, result: Mapping[str, Any]) -> str:
    """Of an expectation about the set of a column's values."""
    unexpected, missing = int(result.get("unexpected_count") or 0), int(result.get("missing_count") or 0)
    if not unexpected and not missing:
        return "so"
    text = f"{unexpected} unexpected and {missing} missing"
    if expectation.shows_examples and (values := result.get("partial_unexpected_list")):
        text += f", such as {', '.join(str(value) for value in values[:SHOWN])}"
    return _short(text)


def _range(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = "above" if kwargs.get("strict_min") else "at least"
    below = "below" if kwargs.get("strict_max") else "at most"
    if low is None:
        return f"{below} {_figure(high)}"
    if high is None:
        return f"{above} {_figure(low)}"
    if above == "at least" and below == "at most":
        return f"{_figure(low)} to {_figure(high)}"
    return f"{above} {_figure(low)}, {below} {_figure(high)}"


def _figure(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)  # 2013 may be a year
    return f"{value:,.6g}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
