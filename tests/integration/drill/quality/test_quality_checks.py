"""Expectations, smoke questions and freshness in a drill, of a healthy and of a broken restore."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.steps import Job
from dataops.drill.checks import expectations, freshness, smoke
from dataops.drill.checks.finding import Finding
from dataops.drill.checks.looking import Clock, Look, Sessions, Shared
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.evidence.verdict import Verdict
from dataops.inventory import Database, Drill, Inventory, Server
from dataops.platform import Platform
from dataops.store import Keys

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHOP = """
CREATE TABLE orders (id int PRIMARY KEY, price numeric, ordered_at timestamptz, day date);
INSERT INTO orders SELECT i, i * 1.5, '2026-11-25 11:00+00'::timestamptz - i * interval '1 hour', '2026-11-24'
FROM generate_series(0, 99) AS i;
CREATE TABLE empty (at timestamp);
CREATE TABLE planned (at timestamptz);
INSERT INTO planned VALUES ('2026-11-25 10:00+00'), ('2026-12-24 10:00+00'), ('2026-12-25 10:00+00');
"""
MAIN = Server.model_validate({"server": "main", "environment": "test", "connection": "main", "owner": "dba"})
SHOP_FILE = Database.model_validate({"database": "shop", "server": "main", "owner": "shop"})

Ask = Callable[..., list[Finding]]


@pytest.fixture(scope="session")
def shop(primary: Any) -> str:
    return str(primary.create_database("drillquality", SHOP))


@pytest.fixture
def ask(primary: Any, shop: str, tmp_path: Path) -> Ask:
    """``ask(smoke.smoke, {"smoke": […]})``: what one check finds on the restored shop."""

    def run(
        check: Callable[[Look], Iterable[Finding]],
        drill: dict[str, Any] | None = None,
        *,
        dbname: str = shop,
        subject: Database | Server = SHOP_FILE,
        dbnames: tuple[str, ...] = (),
        limit: float = 60,
    ) -> list[Finding]:
        header = Header(
            **{"backup_id": "20261125T120000Z-abcdef", "subject": "shop", "kind": "logical"},
            **{"method": "logical", "environment": "test", "server": "main"},
            **{"started": AT, "finished": AT, "snapshot_at": AT},
            consistency=Consistency.EXACT_SNAPSHOT,
            encryption=Encryption(scheme="off"),
        )
        server = RestoredServer(
            drill_id="20261125T120000Z-123456",
            point=Point("backup", header, AT, "told by a test"),
            header=header,
            method="logical",
            connection=primary.connection,
            major=15,
            keys=Keys((), b""),
            settings=Drill.model_validate(drill or {}),
            phases=Phases(),
            dbnames=dbnames or (dbname,),
            expectations={},
        )
        platform = Platform("test", Inventory((MAIN,), (SHOP_FILE,), folder=tmp_path))
        restored = next(each for each in server.databases if each.dbname == dbname)
        with closing(Sessions(server.connection)) as sessions:
            job = Job(platform, subject, lambda line: None)
            return [*check(Look(server, restored, job, Clock(limit), Shared(), sessions))]

    return run


def suite(folder: Path, *expectations: tuple[str, dict[str, Any]]) -> None:
    path = folder / "expectations" / "shop.json"
    path.parent.mkdir(exist_ok=True)
    listed = [{"type": type_, "kwargs": kwargs} for type_, kwargs in expectations]
    path.write_text(
        json.dumps({"database": "shop", "suites": [{"name": "public.orders", "expectations": listed}]})
    )


NOT_NULL = ("expect_column_values_to_not_be_null", {"column": "price"})
RANGE = ("expect_column_values_to_be_between", {"column": "price", "min_value": 0, "max_value": 200})


def test_expectations_have_a_line_for_each_table_with_its_parts(
    ask: Ask, primary: Any, shop: str, tmp_path: Path
) -> None:
    suite(tmp_path, NOT_NULL, RANGE)
    (green,) = ask(expectations.expectations)
    assert (green.verdict, green.about, green.observed) == (Verdict.PASSED, "public.orders", "2 of 2 hold")
    broken = primary.create_database("drillquality", template=shop)
    primary.execute("UPDATE orders SET price = -1 WHERE id = 3", dbname=broken)
    (red,) = ask(expectations.expectations, dbname=broken)
    assert (red.verdict, red.observed) == (Verdict.FAILED, "1 of 2 hold")
    assert [part.verdict for part in red.parts] == [Verdict.PASSED, Verdict.FAILED]
    assert "price lies in its range: expected 0 to 200, observed not so in 1 of 100 rows" in red.reason


def test_a_suite_that_cannot_run_is_inconclusive_and_a_missing_one_is_told(ask: Ask, tmp_path: Path) -> None:
    (none,) = ask(expectations.expectations)
    assert none.verdict is Verdict.NOT_APPLICABLE and "dataops quality profile shop" in none.reason
    suite(
        tmp_path,
        ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT pg_sleep(9) FROM {batch}"}),
    )
    (late,) = ask(expectations.expectations, limit=1)
    assert late.verdict is Verdict.INCONCLUSIVE
    suite(tmp_path, ("expect_nonsense", {}))
    with pytest.raises(Exception, match="is no expectation of Great Expectations"):
        ask(expectations.expectations)


def test_a_database_of_a_server_is_known_by_its_own_name(ask: Ask, tmp_path: Path, shop: str) -> None:
    suite(tmp_path, NOT_NULL)
    (unknown,) = ask(expectations.expectations, subject=MAIN)
    assert unknown.verdict is Verdict.NOT_APPLICABLE
    assert unknown.reason == f"no file of include/databases is about {shop}, so it has no suite"


@pytest.mark.parametrize(
    ("question", "verdict", "told"),
    [
        ({"sql": "SELECT count(*) FROM orders", "expect": 100}, "passed", ""),
        ({"sql": "SELECT sum(price) FROM orders", "expect": 7425}, "passed", ""),
        ({"sql": "SELECT max(day) FROM orders", "expect": "2026-11-24"}, "passed", ""),
        ({"sql": "SELECT count(*) > 5 FROM orders WHERE price % 1 = 0"}, "passed", ""),
        ({"sql": "SELECT NULL", "expect": None}, "passed", ""),
        (
            {"sql": "SELECT count(*) FROM orders", "expect": 101},
            "failed",
            "the answer is 100, expected was 101",
        ),
        ({"sql": "SELECT 1"}, "failed", "the answer is 1, expected was True"),
        ({"sql": "SELECT count(*) FROM lost"}, "failed", 'relation "lost" does not exist'),
        ({"sql": "SELECT price FROM orders"}, "failed", "one row with one value"),
        ({"sql": "SELECT price FROM orders WHERE false"}, "failed", "no row"),
        ({"sql": "SELECT pg_sleep(30)"}, "inconclusive", "statement timeout"),
        ({"sql": "DELETE FROM orders RETURNING 1"}, "inconclusive", "read-only"),
        ({"sql": "SELECT true", "database": "other"}, "inconclusive", "names database other"),
    ],
)
def test_a_smoke_question_is(ask: Ask, question: dict[str, Any], verdict: str, told: str) -> None:
    found = ask(smoke.smoke, {"smoke": [{"name": "orders", **question}]}, limit=2)
    assert (found[0].verdict.value, found[0].about) == (verdict, "orders")
    assert told in found[0].reason


def test_a_question_that_names_no_database_of_several_is_red(ask: Ask, shop: str) -> None:
    question = {"smoke": [{"name": "orders", "sql": "SELECT true"}]}
    found = ask(smoke.smoke, question, subject=MAIN, dbnames=(shop, "zoo"))
    assert found[0].verdict is Verdict.INCONCLUSIVE and f"one of {shop}, zoo" in found[0].reason
    question["smoke"][0]["database"] = shop
    (answered,) = ask(smoke.smoke, question, subject=MAIN, dbnames=(shop, "zoo"))
    assert answered.verdict is Verdict.PASSED


def test_without_questions_nothing_is_claimed(ask: Ask) -> None:
    for check in (smoke.smoke, freshness.freshness):
        (none,) = ask(check)
        assert none.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("table", "column", "within", "verdict", "told"),
    [
        ("public.orders", "ordered_at", "90m", "passed", "2026-11-25 11:00:00 UTC, 60 min old"),
        ("public.orders", "ordered_at", "59m", "failed", "60 min old"),
        ("public.orders", "day", "12h", "passed", "12 h old"),
        ("public.orders", "day", "11h", "failed", "12 h old"),
        ("public.empty", "at", "1d", "failed", "no row"),
        ("public.planned", "at", "3h", "passed", "2 h old; 2 rows are later than the recovery point"),
        ("public.lost", "at", "1d", "failed", "missing"),
        ("public.orders", "lost", "1d", "failed", "missing"),
    ],
)
def test_the_newest_row_is(ask: Ask, table: str, column: str, within: str, verdict: str, told: str) -> None:
    (found,) = ask(freshness.freshness, {"fresh": [{"table": table, "column": column, "within": within}]})
    assert (found.verdict.value, found.about) == (verdict, f"{table}.{column}")
    assert told in str(found.observed)


def test_a_column_without_a_time_is_a_mistake_of_the_yaml(ask: Ask) -> None:
    wanted = {"fresh": [{"table": "public.orders", "column": "id", "within": "1d"}]}
    (found,) = ask(freshness.freshness, wanted)
    assert found.verdict is Verdict.INCONCLUSIVE
