"""Clean drills over unlike databases: nothing is ever red."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from dataops.drill import run
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import Database, Inventory
from dataops.platform import Platform

from sandbox import flights
from tests.conftest import DatabaseServer
from tests.integration.drill.rehearsal import everything

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
ROUNDS = int(os.environ.get("DATAOPS_ROUNDS", "13")) if TORTURE else 1
"""Of each of the four databases: 52 drills."""
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def make_flights(server: DatabaseServer) -> str:
    name = f"flights_{secrets.token_hex(3)}"
    flights.load(server.dsn(), dbname=name, limit=None if TORTURE else 2000)
    return name


def make_pgbench(server: DatabaseServer) -> str:
    name = server.create_database("pgbench")
    environment = {"PGPASSWORD": server.cluster.password, "PATH": os.environ["PATH"]}
    where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", name]
    subprocess.run([PROGRAMS / "pgbench", "-i", "-q", "--foreign-keys", *where], env=environment, check=True)
    subprocess.run([PROGRAMS / "pgbench", "-t", "200", *where], env=environment, check=True)
    return name


def make_airflow(server: DatabaseServer) -> str:
    """Airflow's own metadata database, as ``airflow db migrate`` makes it."""
    name = server.create_database("airflow")
    home = Path(server.cluster.folder).parent / f"airflow-{secrets.token_hex(3)}"
    home.mkdir()
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": server.dsn(name).replace(
            "postgresql://", "postgresql+psycopg2://"
        ),
    }
    program = Path(sys.executable).with_name("airflow")
    subprocess.run([program, "db", "migrate"], env=environment, check=True, capture_output=True, timeout=240)
    return name


def make_everything(server: DatabaseServer) -> str:
    name = server.create_database("everything", template="template0")
    types = everything.shipped(server.dsn(name))
    assert everything.unknown(types) == set()
    with closing(psycopg2.connect(server.dsn(name))) as session, session.cursor() as cursor:
        for number, statement in enumerate(everything.script(types, 2000 if TORTURE else 40)):
            cursor.execute(statement)
            if number % 2000 == 1999:
                session.commit()  # each table takes a lock
        session.commit()
    return name


MAKERS = {
    "flights": make_flights,
    "every type": make_everything,
    **({"pgbench": make_pgbench, "Airflow's metadata": make_airflow} if TORTURE else {}),
}


def drilled(one: Any, work_dir: Path) -> tuple[Check, ...]:
    """A whole drill of the newest backup, by the steps of every drill."""
    job = one.job(work_dir=str(work_dir), point="latest")
    prepared = run.prepare(job)
    return (*prepared.checks, *run.drill(job, prepared).checks)


@pytest.mark.torture
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", MAKERS)
def test_a_clean_drill_raises_no_alarm(
    kind: str, primary: DatabaseServer, bench: Callable[..., Any], work_dir: Path
) -> None:
    one = bench("")
    name = MAKERS[kind](primary)
    declared = one.platform.inventory.servers[0]
    one.database = Database(name=name, server="test", owner="tests", environment="test")
    one.platform = Platform("test", Inventory((declared,), (one.database,)), one.platform.resolve)
    for _ in range(ROUNDS):
        one.backup()
        checks = drilled(one, work_dir)
        red = [each for each in checks if each.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}]
        assert red == []
        assert sum(each.verdict is Verdict.PASSED for each in checks) > 20
    assert list(work_dir.iterdir()) == []
