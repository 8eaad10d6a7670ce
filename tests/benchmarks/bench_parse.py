"""dags/backup.py parses 500 subjects in 1.5 s beyond the import of Airflow; beside it, bare DAGs.

In seconds of CPU, which a busy machine does not stretch: parsing waits for nothing but local files.
"""

from __future__ import annotations

import os
import runpy
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests import airflow_home
from tests.benchmarks.ratio import Ratio, side_by_side

FILE = airflow_home.ROOT / "dags" / "backup.py"
SERVER = "server: {name}\nenvironment: bench\nconnection: {name}\nowner: team-{team}\n"
DATABASE = "database: {name}\nserver: {server}\nowner: team-{team}\nobjectives: {{rto: 2h}}\n"
SUBJECTS = 500
TASKS = 7
SECONDS = 1.5
ROUNDS = 5


def write_inventory(folder: Path) -> None:
    """One server for every nine databases."""
    for kind in ("servers", "databases"):
        (folder / kind).mkdir(parents=True)
    for number in range(SUBJECTS):
        server, team = f"server-{number // 10:03}", number % 7
        if number % 10 == 0:
            (folder / "servers" / f"{server}.yaml").write_text(SERVER.format(name=server, team=team))
            continue
        name = f"database-{number:03}"
        text = DATABASE.format(name=name, server=server, team=team)
        (folder / "databases" / f"{name}.yaml").write_text(text)


def measure() -> Iterable[Ratio]:
    """All DAGs as the DAG processor parses them; among the parts, the one DAG that a task's process needs."""
    from airflow.sdk import DAG
    from dataops.airflow import subjects
    from dataops.inventory.schedule import longest_interval

    def ours(expected: int = SUBJECTS) -> float:
        subjects._read_once.cache_clear()
        longest_interval.cache_clear()
        with _counting(DAG) as made:
            started = time.process_time()
            runpy.run_path(str(FILE))
            seconds = time.process_time() - started
        assert len(made) == expected
        return seconds

    with tempfile.TemporaryDirectory(prefix="dataops-bench-parse-") as scratch:
        write_inventory(Path(scratch))
        with patch.dict(os.environ, {"DATAOPS_ENVIRONMENT": "bench", "DATAOPS_INCLUDE": scratch}):
            first = ours()
            mine, bare = side_by_side(ours, _bare, rounds=ROUNDS)
            with patch.dict(os.environ, {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "backup__database-001"}):
                one = ours(expected=1)
    parts = {"first": first, "one subject": one}
    yield Ratio(f"parse, {SUBJECTS} subjects", mine, bare, bar=0, allowance=SECONDS, parts=parts)


@contextmanager
def _counting(dag: type) -> Generator[list[str], None, None]:
    made: list[str] = []
    enter = dag.__enter__  # type: ignore[attr-defined]

    def counted(self):  # type: ignore[no-untyped-def]
        made.append(self.dag_id)
        return enter(self)

    with patch.object(dag, "__enter__", counted):
        yield made


def _bare() -> float:
    """As many DAGs of as many tasks that do nothing."""
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, chain

    started = time.process_time()
    for number in range(SUBJECTS):
        with DAG(f"bare_{number}", schedule="@daily"):
            chain(*(EmptyOperator(task_id=f"task_{task}") for task in range(TASKS)))
    return time.process_time() - started
