"""Values as people say them."""

from __future__ import annotations

import pytest
from dataops.evidence.units import human


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0, "seconds", "0 s"),
        (0.0004, "seconds", "1 ms"),
        (0.042, "seconds", "42 ms"),
        (0.9999, "seconds", "1 s"),
        (12.34, "seconds", "12.3 s"),
        (59.99, "seconds", "1 min"),
        (200, "seconds", "3 min 20 s"),
        (7500, "seconds", "2 h 5 min"),
        (93_600, "seconds", "1 d 2 h"),
        (0, "bytes", "0 B"),
        (999, "bytes", "999 B"),
        (1_500_000_000, "bytes", "1.5 GB"),
        (999_999, "bytes", "1 MB"),
        (85_000_000, "bytes/second", "85 MB/s"),
        (336_776, "rows", "336,776 rows"),
        (14, "count", "14"),
        (0.756, "count", "0.756"),
    ],
)
def test_values_are_said_as_people_do(value: float, unit: str, said: str) -> None:
    assert human(value, unit) == said
