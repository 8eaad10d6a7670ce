"""A round of samples: a task a server that leaves its report before it turns red, and one record of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, TaskGroup, chain
from dataops.airflow import operators, subjects
from dataops.airflow.operators import samples as module
from dataops.errors import DataOpsError
from dataops.evidence.record import Record
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.performance import samples

from tests.dags.conftest import Include

NOW = datetime.now(UTC)


class Round:
    """One DAG run's context, in which samples push and the evidence pulls, as in Airflow."""

    def __init__(self) -> None:
        self.left: dict[str, Any] = {}
        self.at = ""

    def context(self) -> Any:
        ti = SimpleNamespace(id="ti", xcom_push=self.push, xcom_pull=self.pull)
        run = SimpleNamespace(run_type="scheduled", triggering_user_name=None)
        return {
            "ti": ti,
            "task_instance": ti,
            "dag_run": run,
            "run_id": "run-1",
            "dag": DAG(samples.CAPABILITY, schedule=None),
            "params": {},
        }

    def push(self, key: str, value: Any) -> None:
        self.left[self.at] = value

    def pull(self, *, task_ids: list[str], key: str) -> list[Any]:
        assert key == module.LEFT
        return [self.left.get(task_id) for task_id in task_ids]


@pytest.fixture(autouse=True)
def servers(include: Include) -> Iterator[None]:
    include.server("main")
    include.server("other")
    subjects._read_once.cache_clear()
    yield
    subjects._read_once.cache_clear()


def report(server: str, verdict: Verdict) -> StepReport:
    check = Check(name=f"{server}: server is sampled", verdict=verdict, reason="so")
    return StepReport(step="sample", started=NOW, finished=NOW, checks=(check,), data={"server": server})


def sampled(here: Round, server: str) -> Any:
    here.at = f"sample.{server}"
    return operators.Sample(server=server).execute(here.context())


def record(here: Round, monkeypatch: pytest.MonkeyPatch) -> Record:
    """What the evidence puts on record."""
    kept: list[Record] = []
    monkeypatch.setattr(module, "put_on_record", lambda _, record, __: kept.append(record) or {"page": ""})
    monkeypatch.setenv("DATAOPS_BUCKET", "bucket")
    monkeypatch.setattr(module.subjects, "platform", lambda: SimpleNamespace(store=None, environment="test"))
    with DAG("round", schedule=None):
        with TaskGroup("sample") as sample:
            for server in ("main", "other"):
                operators.Sample(server=server)
        evidence = operators.SamplesEvidence(servers=["main", "other"], subject="test")
        chain(sample, evidence)
    evidence.execute(here.context())
    return kept[0]


def test_a_red_server_leaves_its_report_before_its_task_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()
    monkeypatch.setattr(
        samples,
        "visit",
        lambda _, server, say: report(server, Verdict.PASSED if server == "main" else Verdict.INCONCLUSIVE),
    )
    assert sampled(here, "main")["data"] == {"server": "main"}
    with pytest.raises(NotPassed, match="other: server is sampled: so"):
        sampled(here, "other")
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.INCONCLUSIVE
    assert [check.verdict for check in kept.checks] == [Verdict.PASSED, Verdict.INCONCLUSIVE]


def test_what_stops_a_visit_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()

    def stop(*_: Any, **__: Any) -> StepReport:
        raise DataOpsError("The store is down.")

    monkeypatch.setattr(samples, "visit", stop)
    for server in ("main", "other"):
        with pytest.raises(DataOpsError):
            sampled(here, server)
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.FAILED
    assert {check.reason for check in kept.checks} == {"The store is down."}


def test_a_server_that_left_nothing_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()
    monkeypatch.setattr(samples, "visit", lambda _, server, say: report(server, Verdict.PASSED))
    sampled(here, "main")
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.INCONCLUSIVE
    assert "other" in kept.reason


def test_each_server_that_is_sampled_has_a_task_where_its_own_tasks_run(include: Include, parse: Any) -> None:
    include.server("silent", "samples: {enabled: false}\n")
    include.server("gone", "retired: 2020-01-01\n")
    include.server("far", "worker: {queue: dc2, pod_template: /pods/dc2.yaml}\n")
    dag = parse().dags["performance_samples"]
    evidence = dag.get_task("evidence")
    assert evidence.servers == ["far", "main", "other"]
    assert evidence.upstream_task_ids == {"sample.far", "sample.main", "sample.other"}
    far, main = dag.get_task("sample.far"), dag.get_task("sample.main")
    assert (far.queue, far.executor_config) == ("dc2", {"pod_template_file": "/pods/dc2.yaml"})
    assert (main.queue, main.executor_config) == ("default", {})
    assert {far.pool, main.pool} == {"default_pool"}, "no backup keeps a sample waiting"
