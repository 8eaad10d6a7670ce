"""Findings with proofs: their order stays, equal advice is tried once, the most impact first."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
from dataops.evidence.verdict import Verdict
from dataops.performance.columns import COLUMNS
from dataops.performance.finding import Advice, Cause, Finding, Proof, Severity
from dataops.performance.proving.created import as_created
from dataops.performance.proving.planner_settings import planner_settings
from dataops.performance.proving.proven import (
    Proven,
    builds,
    can_be_executed,
    checks_of,
    drops,
    untried,
    with_proofs,
)
from dataops.performance.proving.statements import naming, statements_of
from dataops.performance.window import Quality, Section, SectionName, Window


def finding(code: str, sql: str = "", statement: str = "", impact: float = 0.0) -> Finding:
    advice = Advice(sentence="Do it.", sql=sql, statement=statement) if sql else None
    return Finding(
        code=code,
        object="t",
        severity=Severity.WARNING,
        cause=Cause.SCHEMA,
        sentence=".",
        impact=impact,
        advice=advice,
    )


BUILD = finding("build", "create index concurrently i on t (a)", "SELECT 1 FROM t WHERE a = $1", 1)
BIG = finding("big", "CREATE INDEX j ON t (b)", "SELECT 1 FROM t WHERE b = $1", 9)
DROP = finding("drop", "DROP INDEX i", impact=5)
OTHER = finding("other", "ANALYZE t")
NONE = finding("none")


def window(**sections: Section) -> Window:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    named = {SectionName(name): one for name, one in sections.items()}
    return Window("s", "d", "d", now, now, 150018, 2, named)


def rows(name: SectionName, *given: dict[str, Any]) -> Section:
    schema = COLUMNS[name].totals_schema
    return Section(pl.DataFrame([dict.fromkeys(schema) | each for each in given], schema=schema))


def test_only_advice_that_builds_or_drops_an_index_is_tried() -> None:
    every = (BUILD, BIG, DROP, OTHER, NONE)
    assert [builds(each) for each in every] == [True, True, False, False, False]
    assert [drops(each) for each in every] == [False, False, True, False, False]


def test_the_most_impact_is_tried_first_and_the_order_stays() -> None:
    asked: list[str] = []

    def tried(advice: Advice) -> Advice:
        asked.append(advice.sql)
        proof = Proof(by="x", helps=not advice.sql.startswith("DROP"), sentence=".")
        return advice.model_copy(update={"proof": proof})

    found = with_proofs((NONE, BUILD, OTHER, DROP, BIG, BUILD), tried, can_be_executed)
    assert [each.code for each in found] == ["none", "build", "other", "drop", "big", "build"]
    assert len(asked) == 3
    assert asked[0].startswith("CREATE INDEX j")
    proven = Proven(found)
    assert (proven.helping, proven.withdrawn) == (3, 1)


def test_a_withdrawn_advice_is_a_passed_check_and_an_untried_one_is_red() -> None:
    found = untried((BUILD, OTHER), "scratch server", "there is no backup.")
    (check,) = checks_of(found)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.reason == "Not tried: there is no backup."
    withdrawn = with_proofs(
        (BUILD,), lambda each: each.model_copy(update={"proof": Proof(by="x", helps=False, sentence="no")})
    )
    assert checks_of(withdrawn)[0].verdict is Verdict.PASSED


def test_settings_that_decide_about_plans_are_taken_over() -> None:
    settings = rows(
        SectionName.SETTINGS,
        {"name": "random_page_cost", "scope": "", "value": "1.1"},
        {"name": "enable_seqscan", "scope": "", "value": "on"},
        {"name": "shared_buffers", "scope": "", "value": "16384"},
        {"name": "work_mem", "scope": "", "value": "4096"},
        {"name": "work_mem", "scope": "database", "value": "64MB"},
        {"name": "work_mem", "scope": "role x", "value": "1GB"},
    )
    assert planner_settings(window(settings=settings)) == {
        "random_page_cost": "1.1",
        "enable_seqscan": "on",
        "work_mem": "64MB",
    }
    assert planner_settings(window(settings=Section(quality=Quality(missing="No right.")))) == {}


def test_statements_of_a_table_are_found_by_their_names_in_the_tree() -> None:
    section = rows(
        SectionName.STATEMENTS,
        {"text": "SELECT 1 FROM orders", "exec_seconds": 1.0},
        {"text": "SELECT 1 FROM s.orders o JOIN x ON true", "exec_seconds": 9.0},
        {"text": "SELECT orders FROM x", "exec_seconds": 5.0},
        {"text": "SELECT 1 FROM orders WHERE", "exec_seconds": 5.0},
        {"text": None, "exec_seconds": 5.0},
    )
    texts = statements_of(window(statements=section))
    assert texts is not None
    assert list(naming(texts, "orders")) == [
        "SELECT 1 FROM s.orders o JOIN x ON true",
        "SELECT 1 FROM orders",
    ]
    assert statements_of(window()) is None


def test_an_index_is_tried_without_concurrently() -> None:
    one = as_created("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t USING btree (a) WHERE b = 'x';")
    assert (one.schema, one.table, one.name) == ("s", "t", "i")
    assert "CONCURRENTLY" not in one.sql
    assert "EXISTS" not in one.sql
    assert one.shape == as_created("CREATE INDEX other ON s.t (a) WHERE b = 'x'").shape
