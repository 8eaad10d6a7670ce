"""Runs of DAGs, asked for and awaited through Airflow's REST API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.airflow_server import AirflowClient
from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from sandbox.start import Say

ENDED = {"success", "failed"}
ACTIVE = {"queued", "running"}
WAITING = {"awaiting_input", "deferred"}


@dataclass(frozen=True)
class Run:
    """One run of a DAG."""

    dag_id: str
    run_id: str

    @property
    def path(self) -> str:
        """Its address in the REST API."""
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{quoted(self.run_id)}"


@dataclass(frozen=True)
class Told:
    """What a run said when it ended: Airflow's state, and what its verdict's asset event carries."""

    run: Run
    state: str
    seconds: float
    tasks: Mapping[str, str]
    verdict: str = "nothing on record"
    reason: str = ""
    page: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def parsed(client: AirflowClient, dag_ids: Iterable[str], *, seconds: float = 120) -> None:
    """Wait until Airflow knows these DAGs; ``ServiceFailed`` names those that it does not, and why."""
    wanted = set(dag_ids)

    def missing() -> set[str]:
        return wanted - {dag["dag_id"] for dag in client.get("/api/v2/dags?limit=1000")["dags"]}

    if not wait_until(lambda: not missing(), seconds=seconds, interval=1):
        errors = client.get("/api/v2/importErrors")["import_errors"]
        reasons = "; ".join(f"{error['filename']}: {error['stack_trace'][-300:]}" for error in errors)
        raise ServiceFailed(f"Airflow does not know the DAG {', '.join(sorted(missing()))}. {reasons}")


def trigger(client: AirflowClient, dag_id: str, conf: Mapping[str, Any] | None = None) -> Run:
    """A new run of the DAG, which is unpaused for it."""
    client.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
    started = client.call(
        "POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}}
    )
    return Run(dag_id, started["dag_run_id"])


def active_or_new(client: AirflowClient, dag_id: str) -> Run:
    """The run that the scheduler has started by itself, else a new one."""
    runs = client.get(f"/api/v2/dags/{dag_id}/dagRuns?limit=100&order_by=-run_after")["dag_runs"]
    active = [run["dag_run_id"] for run in runs if run["state"] in ACTIVE]
    return Run(dag_id, active[0]) if active else trigger(client, dag_id)


def await_all(client: AirflowClient, runs: list[Run], *, seconds: float, say: Say) -> list[Told]:
    """What each run said, in their order; each task that ends is shown. ``ServiceFailed`` at the deadline."""
    shown: dict[tuple[str, str], str] = {}
    told: dict[str, Told] = {}

    def all_ended() -> bool:
        for run in runs:
            if run.dag_id not in told:
                tasks = _tasks(client, run)
                _show(run, tasks, shown, say)
                state = client.get(run.path)["state"]
                if state in ENDED:
                    told[run.dag_id] = _told(client, run)
        return len(told) == len(runs)

    if not wait_until(all_ended, seconds=seconds, interval=1):
        late = ", ".join(run.dag_id for run in runs if run.dag_id not in told)
        raise ServiceFailed(f"{late} did not end within {seconds:g} s: see its tasks in Airflow.")
    return [told[run.dag_id] for run in runs]


def waits_for_a_person(
    client: AirflowClient, run: Run, task: str, *, log: Path, seconds: float = 180
) -> bool:
    """Wait until the task asks somebody, or the run has ended; whether it asks. ``log``: the scheduler's.

    Airflow fails a task that is answered before its scheduler has heard that the question was put.
    """
    heard = f"executor event with state success for task instance TaskInstanceKey(dag_id='{run.dag_id}', "
    heard += f"task_id='{task}', run_id='{run.run_id}'"

    def asks() -> bool:
        return client.get(f"{run.path}/taskInstances/{task}")["state"] in WAITING

    def ended() -> bool:
        return client.get(run.path)["state"] in ENDED

    if not wait_until(lambda: asks() or ended(), seconds=seconds, interval=1) or ended():
        return False
    return wait_until(lambda: heard in log.read_text("utf-8", "replace"), seconds=seconds, interval=0.5)


def answer(client: AirflowClient, run: Run, task: str, option: str) -> None:
    """What a person says to the task that asks."""
    chosen = {"chosen_options": [option], "params_input": {}}
    client.call("PATCH", f"{run.path}/taskInstances/{task}/-1/hitlDetails", chosen)


def _tasks(client: AirflowClient, run: Run) -> list[dict[str, Any]]:
    """Every task, and every part of a mapped one; Airflow gives a hundred at a time."""
    found: list[dict[str, Any]] = []
    while True:
        page = f"limit=100&offset={len(found)}&order_by=start_date"
        answer = client.get(f"{run.path}/taskInstances?{page}")
        found += answer["task_instances"]
        if not answer["task_instances"] or len(found) >= answer["total_entries"]:
            return found


def _name(task: Mapping[str, Any]) -> str:
    """The task's id; of a part of a mapped one with its label, as in ``check[row counts]``."""
    if task["map_index"] < 0:
        return str(task["task_id"])
    return f"{task['task_id']}[{task['rendered_map_index'] or task['map_index']}]"


def _show(run: Run, tasks: list[dict[str, Any]], shown: dict[tuple[str, str], str], say: Say) -> None:
    """Each task that has ended; of the many parts of a mapped one only those that are red."""
    for task in tasks:
        state, key = task["state"], (run.dag_id, _name(task))
        telling = {"failed"} if task["map_index"] >= 0 else {"success", "failed", "up_for_retry"}
        if state in telling and shown.get(key) != state:
            shown[key] = state
            say(f"  {run.dag_id:<28}  {_name(task):<21}  {state:<7} {task['duration'] or 0:6.1f} s")


def _told(client: AirflowClient, run: Run) -> Told:
    answer = client.get(run.path)
    tasks = {_name(task): str(task["state"]) for task in _tasks(client, run)}
    events = client.get(
        f"/api/v2/assets/events?source_dag_id={run.dag_id}&source_run_id={quoted(run.run_id)}"
    )
    extras = [event["extra"] for event in events["asset_events"] if "verdict" in (event["extra"] or {})]
    said = extras[-1] if extras else {}
    return Told(
        run,
        answer["state"],
        float(answer["duration"] or 0),
        tasks,
        **{name: said[name] for name in ("verdict", "reason", "page", "figures") if name in said},
    )


def quoted(text: str) -> str:
    """The text as a part of an address: run ids hold plus signs and colons."""
    from urllib.parse import quote

    return quote(text, safe="")
