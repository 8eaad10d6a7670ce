"""Literals that GROUP BY repeats get one number."""

import pytest
from dataops.performance.proving.grouping import with_equal_groups


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "SELECT date_trunc($1, at), count(*) FROM t WHERE a = $2 GROUP BY date_trunc($3, at)",
            "SELECT date_trunc($2, at), count(*) FROM t WHERE a = $1 GROUP BY date_trunc($2, at)",
        ),
        (
            "SELECT coalesce(a, $1) || $2 FROM t GROUP BY coalesce(a, $3) HAVING count(*) > $4",
            "SELECT COALESCE(a, $2) || $1 FROM t GROUP BY COALESCE(a, $2) HAVING count(*) > $3",
        ),
        (
            "SELECT a % $1 FROM t GROUP BY a % $2 ORDER BY a % $3",
            "SELECT a % $1 FROM t GROUP BY a % $1 ORDER BY a % $1",
        ),
        (
            "SELECT a, count(*) FROM t WHERE b = $1 GROUP BY a",
            "SELECT a, count(*) FROM t WHERE b = $1 GROUP BY a",
        ),
        ("SELECT date_trunc($1, at) FROM t", "SELECT date_trunc($1, at) FROM t"),
        (
            "SELECT DISTINCT date_trunc($1, at) FROM t WHERE b = $2 ORDER BY date_trunc($3, at)",
            "SELECT DISTINCT date_trunc($1, at) FROM t WHERE b = $2 ORDER BY date_trunc($1, at)",
        ),
        ("SELECT DISTINCT a + $1 FROM t", "SELECT DISTINCT a + $1 FROM t"),
    ],
)
def test_equal_groups(text: str, form: str) -> None:
    assert with_equal_groups(text) == form
    assert with_equal_groups(form) == form
