"""Many databases, all due in the same minute: all green, four at a time, and Airflow stays well."""

from __future__ import annotations

import os
import statistics
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psutil
import pytest
from dataops.backup import catalog

from sandbox.airflow_server import SERVICES
from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from tests.e2e.conftest import Sandbox
from tests.e2e.enrolling import bucket, databases, enrolled, pages, parses

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
COUNT = int(os.environ.get("DATAOPS_MANY", "200"))
SLOTS = 4
TASKS = ("preflight", "take", "verify", "publish", "expire", "evidence", "verdict")
MINUTES = 60


@dataclass
class Health:
    """What Airflow said of itself while the runs went on, and the most memory that it took."""

    sandbox: Sandbox
    asked: int = 0
    ill: list[str] = field(default_factory=list)
    peak_memory: int = 0

    def ask(self) -> None:
        """One look at every service."""
        self.asked += 1
        try:
            health = self.sandbox.airflow().get("/api/v2/monitor/health", login=False)
        except (OSError, ServiceFailed) as error:
            self.ill.append(f"the API server: {error}")
            return
        self.ill += [f"{name}: {part}" for name, part in health.items() if part["status"] != "healthy"]
        if self.asked % 5 == 1:  # the kernel counts pages for it, which costs
            self.peak_memory = max(self.peak_memory, self._memory())

    def _memory(self) -> int:
        """Bytes of Airflow's processes and their tasks, what they share counted once."""
        total = 0
        for service in SERVICES:
            root = psutil.Process(self.sandbox.supervisor.state(service).pid)
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue  # it ended meanwhile
        return total


@pytest.fixture
def health(sandbox: Sandbox) -> Iterator[Health]:
    """Asked every few seconds until the test ends, by a thread of its own."""
    watched, ended = Health(sandbox), threading.Event()

    def watch() -> None:
        watched.ask()
        while not ended.wait(3):
            watched.ask()

    thread = threading.Thread(target=watch)
    thread.start()
    yield watched
    ended.set()
    thread.join()


def most_at_once(spans: Iterable[tuple[str, str]]) -> int:
    """How many of these spans of time overlap at most; one that ends as another begins does not."""
    spans = list(spans)
    moments = sorted([*((end, -1) for _, end in spans), *((start, 1) for start, _ in spans)])
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def test_overlaps_are_counted() -> None:
    assert most_at_once([("1", "3"), ("2", "5"), ("3", "4"), ("2", "6")]) == 3
    assert most_at_once([("1", "9")] * 5) == 5


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="takes up to an hour: make torture")
@pytest.mark.timeout((MINUTES + 15) * 60)
def test_many_databases_are_backed_up_by_the_schedule(sandbox: Sandbox, health: Health) -> None:
    names = [f"many_{number:03}" for number in range(COUNT)]
    listing = "/api/v2/dags/~/dagRuns?dag_id_prefix_pattern=backup__many_"
    client = sandbox.airflow()

    def ended() -> bool:
        states = [client.get(f"{listing}&limit=1&state={state}") for state in ("success", "failed")]
        return sum(answer["total_entries"] for answer in states) >= COUNT

    with databases(sandbox, names), enrolled(sandbox, dict.fromkeys(names, "sandbox")):
        assert wait_until(ended, seconds=MINUTES * 60, interval=2)
        assert parses(sandbox)
        runs = pages(client, listing, "dag_runs")
        tasks = pages(client, f"{listing.replace('?', '/~/taskInstances?')}", "task_instances")
        everything = pages(client, "/api/v2/dags/~/dagRuns/~/taskInstances?pool=backup", "task_instances")
        kept = {name: len(catalog.backups(bucket(sandbox), name)) for name in names}
    tell(runs, tasks, health)

    assert {run["dag_id"] for run in runs} == {f"backup__{name}" for name in names}
    assert {run["run_type"] for run in runs} == {"scheduled"}
    assert {run["dag_id"]: run["state"] for run in runs if run["state"] != "success"} == {}
    assert kept == dict.fromkeys(names, 1)
    begun = [task for task in everything if task["start_date"]]
    spans = [(task["start_date"], task["end_date"]) for task in begun if task["end_date"]]
    assert len(spans) >= 5 * COUNT
    assert most_at_once(spans) <= SLOTS
    assert health.asked > 1
    assert health.ill == []


def tell(runs: list[dict[str, Any]], tasks: list[dict[str, Any]], health: Health) -> None:
    """The figures of the load."""

    def seconds(start: str, end: str) -> float:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()

    total = seconds(min(run["start_date"] for run in runs), max(run["end_date"] for run in runs))
    first = {task["dag_id"]: task["start_date"] for task in tasks if task["task_id"] == TASKS[0]}
    last = {task["dag_id"]: task["end_date"] for task in tasks if task["task_id"] == TASKS[-1]}
    working = statistics.median(seconds(first[dag_id], last[dag_id]) for dag_id in first)
    print(f"\n{len(runs)} runs in {total:.0f} s, {60 * len(runs) / total:.1f} a minute")
    print(f"one run, from its first task's start to its last one's end: {working:.1f} s (median)")
    for name in TASKS:
        own = [task for task in tasks if task["task_id"] == name]
        lasts = statistics.median(task["duration"] for task in own)
        waits = statistics.median(seconds(task["queued_when"], task["start_date"]) for task in own)
        print(f"  {name:<10} {lasts:5.1f} s, after {waits:.1f} s between queue and start")
    print(f"Airflow's memory at its peak: {health.peak_memory / 1e6:.0f} MB")
