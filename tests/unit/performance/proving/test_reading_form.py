"""What writes is planned in the form that only finds its rows."""

import pytest
from dataops.performance.proving.reading_form import reading_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT a FROM t WHERE b = $1", "SELECT a FROM t WHERE b = $1"),
        ("DELETE FROM t WHERE b = $1", "SELECT 1 FROM t WHERE b = $1"),
        ("UPDATE t SET a = $1 WHERE b = $2 AND c = $3", "SELECT 1 FROM t WHERE b = $1 AND c = $2"),
        ("UPDATE t SET a = $2", "SELECT 1 FROM t"),
        ("UPDATE t x SET a = y.a FROM y WHERE y.id = x.id", "SELECT 1 FROM t AS x, y WHERE y.id = x.id"),
        ("DELETE FROM ONLY t USING y WHERE y.id = t.id", "SELECT 1 FROM ONLY t, y WHERE y.id = t.id"),
        (
            "WITH old AS (SELECT id FROM y WHERE b < $1) DELETE FROM t WHERE id IN (SELECT id FROM old)",
            "WITH old AS (SELECT id FROM y WHERE b < $1) SELECT 1 FROM t WHERE id IN (SELECT id FROM old)",
        ),
        (
            "WITH gone AS (DELETE FROM y RETURNING id) DELETE FROM t WHERE id IN (SELECT id FROM gone)",
            "WITH gone AS (DELETE FROM y RETURNING id) DELETE FROM t WHERE id IN (SELECT id FROM gone)",
        ),
        ("INSERT INTO t SELECT * FROM y WHERE b = $1", "INSERT INTO t SELECT * FROM y WHERE b = $1"),
    ],
)
def test_the_form_that_reads(text: str, form: str) -> None:
    assert reading_form(text) == form
