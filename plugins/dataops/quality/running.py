"""Running a suite against a database: every expectation gets a verdict, and none is passed unasked."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.postgres import connect
from dataops.quality.checking import faults_of
from dataops.quality.engine import Answer, Engine, engine
from dataops.quality.result import ExpectationResult, SuiteResult, TableResult
from dataops.quality.source import Source, source_of
from dataops.quality.suite import Expectation, Suite, TableSuite
from dataops.quality.suite_file import SuiteInvalid, read_suite
from dataops.quality.wording import expected, observed, words


def run_suite(
    connection: Connection,
    dbname: str,
    suite_file: Path,
    *,
    timeout: float = 600.0,
    deadline: float = 3600.0,
) -> SuiteResult:
    """The result of every expectation in the file, table by table; the database is only read.

    A table or column that the database lacks fails what names it. What could not be answered is inconclusive:
    a statement that ran for more than ``timeout`` seconds, a right that is missing, tables not begun within
    ``deadline`` seconds. Raises ``SuiteInvalid`` where the file is wrong, and what ``connect`` raises.
    """
    suite = read_suite(suite_file)
    if faults := faults_of(suite_file, suite):
        raise SuiteInvalid(faults)
    until = time.monotonic() + deadline
    with (
        closing(connect(connection, dbname=dbname, application_name="dataops quality")) as session,
        engine(connection, dbname, timeout=timeout) as asked,
    ):
        sources = [source_of(session, *table.schema_and_table) for table in suite.suites]
        session.rollback()
        tables = tuple(
            _table(asked, source, table, late=time.monotonic() > until)
            for source, table in zip(sources, suite.suites, strict=True)
        )
        return SuiteResult(suite.database, tables, {"great_expectations": asked.version})


def only(suite: Suite, tables: Iterable[str]) -> Suite:
    """The suite of some of its tables; ``ConfigurationError`` where it has none of them."""
    chosen = set(tables)
    kept = tuple(table for table in suite.suites if table.name in chosen)
    if not kept:
        known = ", ".join(table.name for table in suite.suites)
        raise ConfigurationError(f"The suite of {suite.database} has no such table; it has: {known}.")
    return suite.model_copy(update={"suites": kept})


def _table(asked: Engine, source: Source, table: TableSuite, *, late: bool) -> TableResult:
    begun = time.monotonic()
    missing = [source.missing(expectation) for expectation in table.expectations]
    present = [each for each, lacks in zip(table.expectations, missing, strict=True) if not lacks]
    if late:
        answers = [Answer(trouble="the time for this suite was over")] * len(present)
    else:
        answers = asked.ask(table.name, source.query, present) if present else []
    remaining = iter(answers)
    results = tuple(
        _absent(table.name, expectation, lacks)
        if lacks
        else _result(table.name, expectation, next(remaining))
        for expectation, lacks in zip(table.expectations, missing, strict=True)
    )
    return TableResult(table.name, results, round(time.monotonic() - begun, 3))


def _absent(table: str, expectation: Expectation, why: str) -> ExpectationResult:
    return ExpectationResult(
        table, _id(expectation), words(expectation), expected(expectation), "missing", Verdict.FAILED, why
    )


def _result(table: str, expectation: Expectation, answer: Answer) -> ExpectationResult:
    if answer.result is None:
        verdict = Verdict.FAILED if answer.absent else Verdict.INCONCLUSIVE
        reason = (
            f"The database lacks it: {answer.trouble}"
            if answer.absent
            else f"could not run: {answer.trouble}"
        )
        seen = "missing" if answer.absent else "not known"
    else:
        verdict = Verdict.PASSED if answer.success else Verdict.FAILED
        reason, seen = "", observed(expectation, answer.result)
    return ExpectationResult(
        table, _id(expectation), words(expectation), expected(expectation), seen, verdict, reason
    )


def _id(expectation: Expectation) -> str:
    return str(expectation.id or "")
