"""A run of a DAG without Airflow's servers: what a task pushes the next one pulls."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from airflow.sdk import DAG


class DagRun:
    """One DAG run's context: what tasks push can be pulled, as in Airflow."""

    dag_id: ClassVar[str]

    def __init__(self, run_type: str = "scheduled", user: str | None = None, **params: Any) -> None:
        self.left: dict[str, Any] = {}
        self.task_id = ""
        self.dag_run = SimpleNamespace(
            run_type=run_type, logical_date=datetime.now(UTC), triggering_user_name=user
        )
        self.params: dict[str, Any] = {"author": "cem@example.org", **params}
        self.events: dict[Any, Any] = {}
        self.tries = 1

    def context(self, task: Any) -> Any:
        self.task_id = task.task_id
        ti = SimpleNamespace(
            id="ti",
            task_id=task.task_id,
            try_number=self.tries,
            xcom_push=self.push,
            xcom_pull=self.pull,
        )
        outlets = {asset: SimpleNamespace(extra=self.events) for asset in task.outlets}
        return {
            "ti": ti,
            "task_instance": ti,
            "dag_run": self.dag_run,
            "run_id": "run-1",
            "dag": DAG(self.dag_id, schedule=None),
            "params": self.params,
            "outlet_events": outlets,
        }

    def execute(self, task: Any) -> Any:
        left = task.execute(self.context(task))
        if isinstance(left, dict):
            self.left[task.task_id] = left
        return left

    def push(self, key: str, value: Any) -> None:
        assert key == "return_value"
        self.left[self.task_id] = value

    def pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.left.get(task_ids)

    def check(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.left[task_id]["checks"][0]
        return found
