"""A database is restored from its backup and the advice tried there, with its real rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataops.evidence.verdict import Verdict, overall
from dataops.performance.finding import Cause, Finding, Severity
from dataops.performance.proving import prove_by_hypopg, prove_on_scratch
from dataops.performance.proving.measuring import Pace

from tests.integration.performance.proving.conftest import BY_CUSTOMER, SHOP, on

SMALL_SHOP = SHOP.replace("CREATE EXTENSION hypopg;", "")


def finding(code: str, advice: Any, *, impact: float = 1.0) -> Finding:
    return Finding(
        code=code,
        object="shop.orders",
        severity=Severity.WARNING,
        cause=Cause.SCHEMA,
        sentence="Slow.",
        impact=impact,
        advice=advice,
    )


FINDINGS = (
    finding("no-advice", None),
    finding("helps", on("customer_id")),
    finding("in-vain", on("state", "SELECT count(*) FROM orders WHERE upper(state) <> $1")),
    finding("again", on("customer_id")),
)


def test_advice_is_tried_on_the_restored_backup_which_then_is_gone(
    bench: Callable[..., Any], server_folder: Path, primary: Any
) -> None:
    one = bench(SMALL_SHOP)
    one.backup()
    work_dir = server_folder / "proof"
    work_dir.mkdir(mode=0o711)
    proven = prove_on_scratch(
        one.platform,
        one.database,
        FINDINGS,
        say=one.said.append,
        options={"work_dir": str(work_dir)},
        pace=Pace(runs=1, enough=0.1, limit=10),
    )
    proofs = [each.advice.proof if each.advice else None for each in proven.findings]
    assert [each.helps if each else "none" for each in proofs] == ["none", True, False, True], proofs
    assert [each.code for each in proven.findings] == [each.code for each in FINDINGS]
    assert proofs[1] is not None
    assert proofs[1].by.startswith("scratch server, backup 20")
    assert overall(proven.checks) is Verdict.PASSED, proven.checks
    assert (proven.helping, proven.withdrawn) == (2, 1)
    assert proven.details["backup_id"] == one.published()[0].backup_id
    assert list(work_dir.iterdir()) == []
    assert "confidential" not in repr(proven) + "".join(one.said)
    tried = "SELECT count(*) FROM pg_indexes WHERE indexname ~ 'tried'"
    assert primary.execute(tried, dbname=one.database.dbname) == [(0,)]


def test_without_a_backup_nothing_is_tried_and_that_is_red(bench: Callable[..., Any]) -> None:
    one = bench("CREATE TABLE t (a int)")
    proven = prove_on_scratch(one.platform, one.database, FINDINGS, say=one.said.append)
    assert {each.advice.proof.helps for each in proven.findings if each.advice and each.advice.proof} == {
        None
    }
    assert overall(proven.checks) is Verdict.INCONCLUSIVE


def test_nothing_is_restored_where_there_is_nothing_to_try(bench: Callable[..., Any]) -> None:
    one = bench("CREATE TABLE t (a int)")
    proven = prove_on_scratch(one.platform, one.database, FINDINGS[:1], say=one.said.append)
    assert proven.findings == FINDINGS[:1]
    assert proven.checks == ()


def test_the_watched_database_without_hypopg_proves_nothing(bench: Callable[..., Any]) -> None:
    one = bench("CREATE TABLE t (a int)")
    proven = prove_by_hypopg(one.platform, one.database, FINDINGS, say=one.said.append)
    (proof,) = {each.advice.proof.sentence for each in proven.findings if each.advice and each.advice.proof}
    assert "has no HypoPG" in proof
    assert overall(proven.checks) is Verdict.INCONCLUSIVE


def test_the_watched_database_with_hypopg_says_what_it_expects(
    bench: Callable[..., Any], primary: Any
) -> None:
    one = bench(SHOP)
    proven = prove_by_hypopg(one.platform, one.database, FINDINGS, say=one.said.append)
    assert (proven.helping, proven.withdrawn) == (2, 1)
    assert BY_CUSTOMER in {each.advice.statement for each in proven.findings if each.advice}
