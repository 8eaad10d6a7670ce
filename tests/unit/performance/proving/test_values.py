"""Which values a statement is tried with, out of what was sampled."""

import pytest
from dataops.performance.proving.parameters import Place, Use
from dataops.performance.proving.values import NoValues, Sampled, chosen, origin

ROWS = tuple(f"row {nth}" for nth in range(100))
QUANTILES = {share: f"at {share}" for share in (0.01, 0.1, 0.25, 0.26, 0.5, 0.51, 0.9, 0.91, 0.99)}


def compared(operator: str, expression: str = "a", **more: object) -> Use:
    return Use(Place.COMPARED, alias="t", expression=expression, operator=operator, **more)  # type: ignore[arg-type]


def values(*uses: Use, types: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    numbered = dict(enumerate(uses, start=1))
    sampled = {origin(use): Sampled(ROWS, QUANTILES) for use in uses if use.place is Place.COMPARED}
    return [*chosen(numbered, types or ("text",) * len(uses), sampled)]


def test_equalities_of_one_set_come_from_one_row() -> None:
    sets = values(compared("="), compared("=", "b"))
    assert len(sets) == 3
    assert all(one == other for one, other in sets)


def test_a_list_has_different_values() -> None:
    for one in values(compared("="), compared("=", order=1), compared("=", order=2)):
        assert len(set(one)) == 3
    ((array,), *_) = values(compared("=", many=True))
    assert isinstance(array, tuple)
    assert len(set(array)) == 3


def test_a_single_bound_cuts_off_a_little_some_and_half() -> None:
    assert values(compared(">")) == [("at 0.99",), ("at 0.5",), ("at 0.9",)]
    assert values(compared("<=")) == [("at 0.01",), ("at 0.5",), ("at 0.1",)]


def test_two_bounds_hold_a_hundredth() -> None:
    assert values(compared(">="), compared("<")) == [
        ("at 0.5", "at 0.51"),
        ("at 0.25", "at 0.26"),
        ("at 0.9", "at 0.91"),
    ]


def test_bounds_of_different_columns_are_single_ones() -> None:
    assert values(compared(">"), compared("<", "b"))[0] == ("at 0.99", "at 0.01")


def test_a_pattern_is_the_begin_of_a_value_and_nothing_else() -> None:
    assert values(compared("~~"))[0] == ("row%",)


def test_what_decides_about_no_row_is_neutral_and_one_set_is_enough() -> None:
    places = (Place.LIMIT, Place.OFFSET, Place.UNIT, Place.ELSEWHERE, Place.ELSEWHERE, Place.ELSEWHERE)
    types = ("bigint", "bigint", "text", "integer", "text", "point")
    assert values(*map(Use, places), types=types) == [("20", "0", "day", "1", "x", None)]
    assert values() == [()]


def test_a_parameter_of_which_nothing_is_known_has_no_value() -> None:
    with pytest.raises(NoValues, match=r"parameter \$2"):
        values(compared("="), Use(Place.UNKNOWN))


def test_an_empty_table_has_no_values() -> None:
    use = compared("=")
    with pytest.raises(NoValues, match="no row"):
        chosen({1: use}, ("text",), {origin(use): Sampled((), {})})
