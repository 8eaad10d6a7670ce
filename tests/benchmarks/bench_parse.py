"""How long dags/backup.py takes to parse with 500 subjects, beyond the import of Airflow.

Prints and writes JSON: all DAGs as the DAG processor parses them, and one DAG as a task's process does.
Run: ``python tests/benchmarks/bench_parse.py [--subjects 500] [--out parse.json]``.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = "server: {name}\nenvironment: bench\nconnection: {name}\nowner: team-{team}\n"
DATABASE = "database: {name}\nserver: {server}\nowner: team-{team}\nobjectives: {{rto: 2h}}\n"
HEAVY = ("boto3", "psycopg2", "great_expectations", "confluent_kafka", "pyrage", "pandas", "rich")
ROUNDS = 5
BAR = 1.5


def write_inventory(folder: Path, subjects: int) -> None:
    """One server for every nine databases."""
    for kind in ("servers", "databases"):
        (folder / kind).mkdir(parents=True)
    for number in range(subjects):
        server, team = f"server-{number // 10:03}", number % 7
        if number % 10 == 0:
            (folder / "servers" / f"{server}.yaml").write_text(SERVER.format(name=server, team=team))
        else:
            name = f"database-{number:03}"
            text = DATABASE.format(name=name, server=server, team=team)
            (folder / "databases" / f"{name}.yaml").write_text(text)


def seconds_to_parse(dag_id: str | None) -> tuple[float, int]:
    """Wall time of one parse and the DAGs it made, each time with nothing remembered."""
    from airflow.sdk import DAG
    from dataops.airflow import subjects

    subjects._read_once.cache_clear()
    os.environ.pop("_AIRFLOW_PARSING_CONTEXT_DAG_ID", None)
    if dag_id:
        os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = dag_id
    made = 0
    original = DAG.__enter__

    def counted(self: DAG) -> DAG:
        nonlocal made
        made += 1
        return original(self)

    DAG.__enter__ = counted  # type: ignore[method-assign]
    try:
        started = time.perf_counter()
        runpy.run_path(str(ROOT / "dags" / "backup.py"))
        return time.perf_counter() - started, made
    finally:
        DAG.__enter__ = original  # type: ignore[method-assign]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--subjects", type=int, default=500)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "plugins"))
    with tempfile.TemporaryDirectory(prefix="dataops-bench-parse-") as scratch:
        write_inventory(Path(scratch), arguments.subjects)
        os.environ |= {"DATAOPS_ENVIRONMENT": "bench", "DATAOPS_INCLUDE": scratch}
        import airflow.serialization.serialized_objects  # ruff: ignore[unused-import]  the DAG processor has it loaded

        first, made = seconds_to_parse(None)
        every = [seconds_to_parse(None)[0] for _ in range(ROUNDS)]
        one = [seconds_to_parse("backup__database-001")[0] for _ in range(ROUNDS)]
    result = {
        "bench": "parse",
        "subjects": arguments.subjects,
        "dags": made,
        "first_seconds": round(first, 3),
        "all_seconds": round(statistics.median(every), 3),
        "one_seconds": round(statistics.median(one), 3),
        "bar_seconds": BAR,
        "heavy_imports": sorted(name for name in HEAVY if name in sys.modules),
    }
    print(json.dumps(result, indent=2))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
