"""What a profile concludes from a column's figures: wide enough for tomorrow, nothing by accident."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dataops.quality.column_profile import Column, ColumnFigures, Kind, of_column, of_table


def concluded(kind: Kind, figures: ColumnFigures, **about: Any) -> dict[str, dict[str, Any]]:
    column = Column("x", kind, **about)
    return {
        each.type.removeprefix("expect_column_values_to_"): {
            k: v for k, v in each.kwargs.items() if k != "column"
        }
        for each in of_column("shop", "public.orders", column, figures)
    }


@pytest.mark.parametrize(
    ("kind", "figures", "about", "answer"),
    [
        (
            "whole",
            ColumnFigures(1000, 1000, 1, 500, 500),
            {},
            {"not_be_null": {}, "be_between": {"min_value": 0, "max_value": 550}},
        ),
        (
            "whole",
            ColumnFigures(1000, 900, -5, 500, 500),
            {},
            {"be_between": {"min_value": -56, "max_value": 560}},
        ),
        (
            "number",
            ColumnFigures(1000, 1000, Decimal("0.5"), Decimal("0.5")),
            {"enforced": True},
            {"be_between": {"min_value": 0.45, "max_value": 0.55}},
        ),
        ("number", ColumnFigures(1000, 1000, 1.0, float("nan")), {"enforced": True}, {}),
        (
            "word",
            ColumnFigures(100, 90, distinct=2, values=("a", "b")),
            {},
            {"be_in_set": {"value_set": ["a", "b"]}},
        ),
        ("word", ColumnFigures(19, 19, distinct=2, values=("a", "b")), {"enforced": True}, {}),
        ("word", ColumnFigures(100, 100, distinct=100), {"enforced": True}, {"be_unique": {}}),
        ("word", ColumnFigures(100, 100, distinct=100), {"enforced": True, "alone": True}, {}),
        (
            "whole",
            ColumnFigures(100, 100, 1, 100, 100),
            {"enforced": True, "alone": True, "counting": True},
            {},
        ),
        (
            "whole",
            ColumnFigures(100, 100, 2013, 2013, 1, (2013,)),
            {"enforced": True},
            {"be_between": {"min_value": 1800, "max_value": 2300}},
        ),
        (
            "time",
            ColumnFigures(100, 100, "2013-01-01"),
            {"enforced": True},
            {"be_between": {"min_value": "2013-01-01"}},
        ),
        ("other", ColumnFigures(100, 99), {}, {}),
        ("word", ColumnFigures(0, 0), {}, {}),
    ],
)
def test_a_column_gives(kind: Kind, figures: ColumnFigures, about: Any, answer: Any) -> None:
    assert concluded(kind, figures, **about) == answer


def test_a_table_may_grow_and_not_halve() -> None:
    assert [each.kwargs for each in of_table("shop", "public.orders", 336776)] == [{"min_value": 160000}]
    assert [each.kwargs for each in of_table("shop", "public.orders", 1)] == [{"min_value": 1}]
    assert not [*of_table("shop", "public.orders", 0)]


def test_an_id_says_what_an_expectation_is_about() -> None:
    ids = [
        next(of_table(database, table, 10)).id
        for database, table in (("shop", "public.a"), ("shop", "public.b"), ("shop", "public.a"))
    ]
    assert ids[0] == ids[2] != ids[1]
