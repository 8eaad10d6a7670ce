"""Durations: what people write is what is meant, and nothing else is accepted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from dataops.inventory.duration import format_duration, parse_duration
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("4h", 14400), ("7d", 604800), ("26h", 93600)]
)
def test_a_number_and_a_unit_is_a_duration(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["15", 15, "1h30m", "0s", "-1h", "9999d", "1.5h", " 4h", "4 h", "4H", "", None, True, "٣h"]
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="15m, 4h or 7d"):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=3660 * 86400))
def test_what_is_written_is_read_as_the_same_duration(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@given(st.text())
def test_whatever_is_accepted_has_the_documented_form(text: str) -> None:
    try:
        parse_duration(text)
    except PydanticCustomError:
        assert not re.fullmatch(r"[1-9][0-9]{0,3}[smhd]", text)
    else:
        assert re.fullmatch(r"[1-9][0-9]{0,8}[smhd]", text)
