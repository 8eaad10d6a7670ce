"""A database of another major, backed up and drilled by the programs of that very major, from end to end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops import process
from dataops.backup.restore import restore
from dataops.drill import elsewhere
from dataops.drill.run import run
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict, overall

from sandbox.majors import client_programs, server_programs
from tests.conftest import DatabaseServer
from tests.integration.bench import SCRIPT
from tests.integration.majors import novelties
from tests.integration.majors.novelties import IN_A_DATABASE, up_to
from tests.integration.majors.test_checks import TEMPORAL

PASSED = Verdict.PASSED
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
LONG = (pytest.mark.torture, pytest.mark.skipif(not TORTURE, reason="make torture"))
pytestmark = pytest.mark.parametrize("major", [pytest.param(16, marks=LONG), 18], indirect=True)
"""Those whose pg_dump and pg_restore can be had."""

LOCALES = {
    16: "LOCALE_PROVIDER icu ICU_LOCALE 'und' ICU_RULES '&a < g'",
    18: "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
}
"""How the database sorts: by what this major, or the one before it, brought."""


@pytest.fixture
def programs(major: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """This major's programs stand in PATH, as on a worker of that server."""
    folders = (server_programs(major), client_programs(major), os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    assert process.find_program("pg_dump", major).parent == client_programs(major)


@pytest.fixture
def one(
    server: DatabaseServer, bench: Callable[..., Any], programs: None, major: int, server_folder: Path
) -> Any:
    """A database with everything that the majors up to this one brought, and its platform."""
    server.execute(novelties.ROLES)
    novel = [each.there for each in up_to(major, IN_A_DATABASE).values()]
    temporal = TEMPORAL.replace("CREATE EXTENSION btree_gist;", "") if major >= 18 else ""
    dbname = f"sorted_by_{major}"
    server.execute(f"CREATE DATABASE {dbname} TEMPLATE template0 {LOCALES[major]}")
    server.execute(SCRIPT + novelties.SETUP + ";".join(novel) + ";" + temporal, dbname=dbname)
    made = bench("", dbname=dbname)
    made.work_dir = server_folder / f"work-{made.database.name}"
    made.work_dir.mkdir(mode=0o711)
    return made


def red(record: Record) -> list[tuple[str, str, Any]]:
    return [
        (check.name, check.reason, check.observed)
        for check in record.checks
        if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
    ]


def test_a_backup_is_proven_by_its_drill_and_a_damaged_copy_is_told(
    one: Any, server: DatabaseServer, major: int
) -> None:
    name = one.database.name
    taken, verified, published = one.backup()
    assert overall([check for report in (taken, verified, published) for check in report.checks]) is PASSED
    backup_id = str(taken.data["backup_id"])

    outcome = run(one.platform, name, say=one.said.append, options={"work_dir": str(one.work_dir)})
    assert red(outcome.record) == []
    assert outcome.record.verdict is PASSED
    assert outcome.record.lineage.backup_id == backup_id
    assert one.leftovers() == []

    copy = f"{name}_copy"
    dsn = server.dsn(copy)
    restore(one.platform, name, target=dsn, say=one.said.append)
    checked = elsewhere.check(one.platform, name, backup_id=backup_id, dsn=dsn, say=one.said.append)
    assert red(checked) == []
    server.execute("UPDATE app.payments SET amount = amount + 1 WHERE id = 7", dbname=copy)
    damaged = elsewhere.check(one.platform, name, backup_id=backup_id, dsn=dsn, say=one.said.append)
    assert [what for what, _, _ in red(damaged)] == ["content hashes"]
