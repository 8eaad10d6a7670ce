"""A round of samples: a task a server that leaves its report before it turns red, and one record of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
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
    """One DAG run's context, in which mapped tasks push and the evidence pulls, as in Airflow."""

    def __init__(self) -> None:
        self.left: dict[int, Any] = {}
        self.at = 0

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

    def pull(self, *, task_ids: str, key: str, map_indexes: list[int]) -> list[Any]:
        assert (task_ids, key) == ("sample", module.LEFT)
        return [self.left.get(index) for index in map_indexes]


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


def sampled(here: Round, index: int, server: str) -> Any:
    here.at = index
    return operators.Sample(server=server).execute(here.context())


def record(here: Round, monkeypatch: pytest.MonkeyPatch) -> Record:
    """What the evidence puts on record."""
    kept: list[Record] = []
    monkeypatch.setattr(module, "put_on_record", lambda _, record, __: kept.append(record) or {"page": ""})
    monkeypatch.setenv("DATAOPS_BUCKET", "bucket")
    monkeypatch.setattr(module.subjects, "platform", lambda: SimpleNamespace(store=None, environment="test"))
    operators.SamplesEvidence(servers=["main", "other"], subject="test").execute(here.context())
    return kept[0]


def test_a_red_server_leaves_its_report_before_its_task_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()
    monkeypatch.setattr(
        samples,
        "visit",
        lambda _, server, say: report(server, Verdict.PASSED if server == "main" else Verdict.INCONCLUSIVE),
    )
    assert sampled(here, 0, "main")["data"] == {"server": "main"}
    with pytest.raises(NotPassed, match="other: server is sampled: so"):
        sampled(here, 1, "other")
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.INCONCLUSIVE
    assert [check.verdict for check in kept.checks] == [Verdict.PASSED, Verdict.INCONCLUSIVE]


def test_what_stops_a_visit_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()

    def stop(*_: Any, **__: Any) -> StepReport:
        raise DataOpsError("The store is down.")

    monkeypatch.setattr(samples, "visit", stop)
    for index, server in enumerate(("main", "other")):
        with pytest.raises(DataOpsError):
            sampled(here, index, server)
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.FAILED
    assert {check.reason for check in kept.checks} == {"The store is down."}


def test_a_server_that_left_nothing_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Round()
    monkeypatch.setattr(samples, "visit", lambda _, server, say: report(server, Verdict.PASSED))
    sampled(here, 0, "main")
    kept = record(here, monkeypatch)
    assert kept.verdict is Verdict.INCONCLUSIVE
    assert "other" in kept.reason


def test_the_dag_maps_over_the_servers_that_are_sampled(include: Include, parse: Any) -> None:
    include.server("silent", "samples: {enabled: false}\n")
    sample = parse().dags["performance_samples"].get_task("sample")
    assert sample.is_mapped
    assert sample.expand_input.value == {"server": ["main", "other"]}
    assert sample.map_index_template == "{{ task.server }}"
