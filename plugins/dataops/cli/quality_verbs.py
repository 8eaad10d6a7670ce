"""``dataops quality …``: start a suite of expectations by profiling, and run it against any server."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, say, table
from dataops.cli.context import include_of, platform_of
from dataops.cli.verbs import Verbs, add_group, add_verb

if TYPE_CHECKING:
    from dataops.connections import Connection
    from dataops.quality import SuiteResult


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "quality", "hold a database's rows against include/expectations")
    profile = add_verb(group, "profile", common, "write a suite to start from, after looking at the rows")
    profile.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    profile.add_argument("--dsn", help="reach the server by this DSN; keep the password in PGPASSWORD")
    profile.add_argument(
        "--output", type=Path, metavar="FILE", help="(default: include/expectations/DATABASE.json)"
    )
    profile.add_argument("--force", action="store_true", help="overwrite a file that is there")
    profile.set_defaults(run=run_profile)
    run = add_verb(group, "run", common, "ask a database whether its suite holds; it is only read")
    run.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    run.add_argument("--dsn", required=True, help="the database to ask; keep the password in PGPASSWORD")
    run.add_argument(
        "--suite", type=Path, metavar="FILE", help="(default: include/expectations/DATABASE.json)"
    )
    run.add_argument("--timeout", type=float, default=600.0, help="seconds for one statement (default: 600)")
    run.set_defaults(run=run_suite)


def run_profile(arguments: argparse.Namespace) -> int:
    """0; a suite was written that holds for the rows as they are."""
    from dataops.errors import ConfigurationError
    from dataops.inventory import Database
    from dataops.quality import profile, suite_path, write_suite

    platform = platform_of(arguments)
    subject = platform.inventory.subject(arguments.subject)
    if not isinstance(subject, Database):
        raise ConfigurationError(f"{subject.name} is a server: name one of its databases.")
    path = arguments.output or suite_path(include_of(arguments), subject.name)
    if path.exists() and not arguments.force:
        raise ConfigurationError(
            f"{path} exists already and belongs to its owners: write to another --output and compare, "
            "or overwrite it with --force."
        )
    connection = platform.connection(platform.inventory.server_of(subject).connection)
    suite = profile(connection, subject.dbname, database=subject.name, say=say)
    write_suite(suite, path, force=arguments.force)
    document = {"path": str(path), "tables": len(suite.suites), "expectations": suite.size}
    told = f"Wrote {path}: {suite.size} expectations of {len(suite.suites)} tables. Now make it yours."
    answer(document, told, as_json=arguments.json)
    return 0


def run_suite(arguments: argparse.Namespace) -> int:
    """The exit code of the suite's verdict; nothing is put on record, a drill does that."""
    from dataops.errors import ConfigurationError
    from dataops.quality import run_suite as run
    from dataops.quality import suite_path

    path = arguments.suite or suite_path(include_of(arguments), arguments.subject)
    connection = _given(arguments.dsn)
    if not connection.schema:
        raise ConfigurationError("The DSN names no database: write postgresql://user@host:port/DATABASE.")
    result = run(connection, connection.schema, path, timeout=arguments.timeout)
    answer(_document(result), _text(result), as_json=arguments.json)
    return result.verdict.exit_code


def _given(dsn: str) -> Connection:
    from dataops.postgres import from_dsn

    given = from_dsn(dsn)
    return given if given.password else replace(given, password=os.environ.get("PGPASSWORD", ""))


def _document(result: SuiteResult) -> dict[str, Any]:
    return {
        "verdict": result.verdict.value,
        "evidence": None,
        "database": result.database,
        "tables": [
            {
                "table": each.table,
                "verdict": each.verdict.value,
                "seconds": each.seconds,
                "expectations": [
                    {
                        "id": one.id,
                        "words": one.words,
                        "verdict": one.verdict.value,
                        "expected": one.expected,
                        "observed": one.observed,
                        "reason": one.reason,
                    }
                    for one in each.results
                ],
            }
            for each in result.tables
        ],
        "programs": dict(result.programs),
    }


def _text(result: SuiteResult) -> str:
    """The red ones in full, then a line for each table."""
    red = [
        f"{each.verdict.value}: {each.table}: {each.words}: "
        f"expected {each.expected}, observed {each.observed}"
        + (f" ({each.reason.rstrip('.')})" if each.reason else "")
        for each in result.results
        if each.verdict != "passed"
    ]
    rows = [(each.table, each.verdict.value, each.summary) for each in result.tables]
    return "\n".join([*red, table(("TABLE", "VERDICT", "EXPECTATIONS"), rows), f"{result.verdict.value}."])
