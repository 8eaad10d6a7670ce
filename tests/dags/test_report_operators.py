"""A report's tasks: what is not due is skipped and said so, and what broke keeps no report away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException
from dataops import quality
from dataops.airflow import operators, subjects
from dataops.airflow.operators import report as tasks
from dataops.errors import ConfigurationError
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.performance import data_checking, proofs, run

from tests.dags.conftest import Include

NOW = datetime.now(UTC)


class Run:
    """One DAG run's context: what tasks push can be pulled, as in Airflow."""

    def __init__(self, run_type: str = "manual", **params: Any) -> None:
        self.left: dict[str, Any] = {}
        self.task_id = ""
        self.dag_run = SimpleNamespace(run_type=run_type, logical_date=NOW)
        self.params = params

    def execute(self, task: Any) -> Any:
        self.task_id = task.task_id
        ti = SimpleNamespace(task_id=task.task_id, xcom_push=self.push, xcom_pull=self.pull)
        return task.execute({
            "ti": ti,
            "dag_run": self.dag_run,
            "run_id": "run-1",
            "dag": DAG("performance_report__orders", schedule=None),
            "params": self.params,
            "outlet_events": {asset: SimpleNamespace(extra={}) for asset in task.outlets},
        })

    def push(self, key: str, value: Any) -> None:
        self.left[self.task_id] = value

    def pull(self, task_ids: str) -> Any:
        return self.left.get(task_ids)

    def check(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.left[task_id]["checks"][0]
        return found


@pytest.fixture(autouse=True)
def orders(include: Include) -> None:
    include.server()
    include.database("orders")
    subjects._read_once.cache_clear()


def step(name: str, verdict: Verdict = Verdict.PASSED) -> StepReport:
    check = Check(name=f"{name}: x", verdict=verdict, reason="why")
    return StepReport(step=name, started=NOW, finished=NOW, checks=(check,))


def raising(error: Exception) -> Callable[..., Any]:
    def fails(*_: Any) -> None:
        raise error

    return fails


def test_without_a_suite_nothing_is_asked_and_that_is_said() -> None:
    this = Run()
    with pytest.raises(AirflowSkipException):
        this.execute(operators.CheckData(database="orders"))
    assert this.check("data")["verdict"] == "not applicable"
    assert "include/expectations/orders.json" in this.check("data")["reason"]


def test_rows_that_are_not_as_expected_make_the_task_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "suite_of", lambda *_: object())
    monkeypatch.setattr(data_checking, "check_data", lambda _: step("data", Verdict.FAILED))
    this = Run()
    with pytest.raises(NotPassed, match="why"):
        this.execute(operators.CheckData(database="orders"))
    assert this.check("data")["verdict"] == "failed"


@pytest.mark.parametrize(
    ("run_type", "asked", "is_the_day", "tried"),
    [
        ("manual", True, False, True),
        ("manual", False, True, False),
        ("scheduled", False, True, True),
        ("scheduled", False, False, False),
    ],
)
def test_advice_is_tried_by_hand_or_on_its_day(
    monkeypatch: pytest.MonkeyPatch, run_type: str, asked: bool, is_the_day: bool, tried: bool
) -> None:
    monkeypatch.setattr(proofs, "is_due", lambda *_: is_the_day)
    monkeypatch.setattr(run, "prove", lambda _: step("prove"))
    this = Run(run_type, prove=asked)
    task = operators.ProveAdvice(database="orders")
    if tried:
        this.execute(task)
    else:
        with pytest.raises(AirflowSkipException):
            this.execute(task)
    assert (this.check("prove")["verdict"] == "passed") is tried


def test_what_broke_is_left_for_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "prove", raising(ConfigurationError("No backup.")))
    this = Run(prove=True)
    with pytest.raises(ConfigurationError):
        this.execute(operators.ProveAdvice(database="orders"))
    assert "No backup." in this.check("prove")["reason"]


def test_the_report_is_made_whatever_the_steps_before_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[StepReport] = []

    def make(job: Any, before: list[StepReport]) -> run.Made:
        seen.extend(before)
        return run.Made(step("report"), page_key="reports/orders/2026/11/28/k/index.html")

    told: dict[str, Any] = {"verdict": "inconclusive", "page": "/evidence"}
    monkeypatch.setattr(run, "make", make)
    records: list[Any] = []
    monkeypatch.setattr(
        tasks, "put_on_record", lambda store, record, context: records.append(record) or dict(told)
    )
    monkeypatch.setattr(tasks, "run_lineage", lambda _: {"run_id": "run-1"})
    platform = subjects.platform()
    platform.__dict__["store"] = SimpleNamespace()
    monkeypatch.setattr(subjects, "platform", lambda: platform)
    this = Run()
    this.left["data"] = step("data", Verdict.FAILED).model_dump(mode="json")
    task = operators.MakeReport(database="orders")

    left = this.execute(task)

    assert [(each.step, each.checks[0].verdict) for each in seen] == [
        ("data", Verdict.FAILED),
        ("prove", Verdict.INCONCLUSIVE),
    ]
    assert left["report"].endswith("/dataops/reports/orders/2026/11/28/k/index.html")
    assert task.report_page == left["report"]
    (record,) = records
    assert (record.capability, record.verdict) == ("performance_report", Verdict.FAILED)
