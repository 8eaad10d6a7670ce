"""A cluster's tasks: each leaves its report, the safe part waits for nobody, and four eyes see the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput
from dataops.airflow import notify, operators, subjects
from dataops.airflow.limits import NO_SECOND_TRY
from dataops.errors import ConfigurationError
from dataops.evidence import approving, publishing
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.kafka import drift_check, plans, run
from dataops.kafka.changes import Change, DeleteTopic, Part, Plan, Risk
from dataops.kafka.job import Job, StalePlan

from tests.dags.conftest import Include
from tests.dags.dag_run import DagRun

GATED = "b" * 64
DELETION = Change(DeleteTopic("shop.old", "id"), Risk.DESTRUCTIVE, "All of it goes.", "irreversible")
PLAN = Plan("stream", "id", "test", "", "f" * 64, Part((), "a" * 64), Part((DELETION,), GATED))
NOW = datetime.now(UTC)


class Run(DagRun):
    """A run of the DAG."""

    dag_id = "kafka_topics__stream"


@pytest.fixture(autouse=True)
def cluster(include: Include) -> None:
    include.kafka()
    subjects._read_once.cache_clear()


def report(step: str, *checks: Check, **data: Any) -> StepReport:
    return StepReport(step=step, started=NOW, finished=NOW, checks=checks, data=data)


def told(name: str, verdict: Verdict = Verdict.PASSED) -> Check:
    return Check(name=name, verdict=verdict, reason="so")


def planned(*checks: Check, gated: str = GATED, guarded: bool = True) -> dict[str, Any]:
    found = report("plan", *checks, safe="a" * 64, gated=gated, guarded=guarded, plan="key", gated_changes=1)
    return found.model_dump(mode="json")


def test_files_are_checked_without_a_broker() -> None:
    it = Run()
    it.execute(operators.TopicsCheck(cluster="stream"))
    assert (it.check("check")["name"], it.check("check")["verdict"]) == ("files", "passed")


def test_a_mistake_in_a_team_s_file_is_red_with_its_line(include: Include) -> None:
    include.write(
        "kafka/stream/topics/shop.yaml",
        "team: shop\ntopics:\n  a.b: {partitions: 3, replication_factor: 3, onwer: us}\n",
    )
    it = Run()
    with pytest.raises(NotPassed, match=r"shop\.yaml:3.*onwer"):
        it.execute(operators.TopicsCheck(cluster="stream"))
    assert it.check("check")["verdict"] == "failed"


def test_a_tick_of_long_ago_starts_nothing() -> None:
    it = Run()
    it.dag_run.logical_date = NOW - timedelta(minutes=20)
    with pytest.raises(NotPassed, match="more than 15 minutes ago"):
        it.execute(operators.TopicsCheck(cluster="stream"))
    it.dag_run.run_type = "manual"
    it.execute(operators.TopicsCheck(cluster="stream"))


@pytest.mark.parametrize(
    ("name", "goes_on"),
    [("nothing refused", True), ("rights (gated)", True), ("rights (safe)", False)],
)
def test_only_what_forbids_the_safe_part_stops_it(
    monkeypatch: pytest.MonkeyPatch, name: str, goes_on: bool
) -> None:
    monkeypatch.setattr(run, "plan", lambda job: report("plan", told(name, Verdict.FAILED)))
    it = Run()
    if goes_on:
        it.execute(operators.TopicsPlan(cluster="stream"))
    else:
        with pytest.raises(NotPassed, match=r"rights \(safe\)"):
            it.execute(operators.TopicsPlan(cluster="stream"))
    assert it.check("plan")["verdict"] == "failed"


def test_each_apply_gets_the_hash_of_its_part_and_holds_the_lease_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def applies(job: Job, which: str, wanted: str) -> StepReport:
        asked.append((job.cluster, which, wanted, job.holder))
        return report("apply", told("changes applied"))

    monkeypatch.setattr(run, "apply", applies)
    it = Run()
    it.left["plan"] = planned()
    it.execute(operators.TopicsApply(cluster="stream"))
    it.execute(operators.TopicsApplyApproved(cluster="stream"))
    holder = "kafka_topics__stream, run run-1, task {}".format
    assert asked == [
        ("stream", "safe", "a" * 64, holder("apply")),
        ("stream", "gated", GATED, holder("apply_approved")),
    ]


def test_a_stale_plan_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(*_: Any) -> StepReport:
        raise StalePlan("The plan aaaa is stale.")

    monkeypatch.setattr(run, "apply", stale)
    it = Run()
    it.left["plan"] = planned()
    with pytest.raises(StalePlan):
        it.execute(operators.TopicsApply(cluster="stream"))
    assert (it.check("apply")["verdict"], it.check("apply")["reason"]) == (
        "failed",
        "The plan aaaa is stale.",
    )
    assert NO_SECOND_TRY.evaluate(StalePlan("x"), 1, 3).action.value == "fail"


@pytest.fixture
def approve(monkeypatch: pytest.MonkeyPatch) -> operators.Approve:
    monkeypatch.setattr(plans, "read_plan", lambda store, key: PLAN)
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **told: shown.update(told))
    monkeypatch.setenv("DATAOPS_BUCKET", "none")
    store = SimpleNamespace()
    monkeypatch.setattr(type(subjects.platform()), "store", store)
    shown.clear()
    return operators.Approve(cluster="stream", response_timeout=timedelta(hours=24))


shown: dict[str, Any] = {}


def test_a_person_is_told_and_asked_with_the_worst_case_and_the_hash(
    approve: operators.Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(notify, "to_slack", sent.append)
    monkeypatch.setattr(notify, "to_mail", lambda message: 1 / 0)
    it = Run()
    it.left["plan"] = planned()
    with pytest.raises(TaskAwaitingInput):
        it.execute(approve)
    (message,) = sent
    assert message.title == "kafka_topics of stream (test): waits for a person"
    assert message.evidence.endswith("/dags/kafka_topics__stream/runs/run-1/tasks/approve/required_actions")
    assert message.owner == "streaming-team"
    assert shown["options"] == ["Approve", "Reject"]
    assert shown["defaults"] is None
    assert shown["body"].startswith("**Worst case: data is lost for good: topic shop.old")
    assert GATED[:12] in shown["body"]
    assert "/dags/kafka_topics__stream" in shown["body"]


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        (planned(gated=""), "nothing is disruptive or destructive"),
        (planned(guarded=False), "the cluster is not guarded"),
    ],
)
def test_nobody_is_asked_where_nobody_needs_to_be(
    approve: operators.Approve, left: dict[str, Any], reason: str
) -> None:
    it = Run()
    it.left["plan"] = left
    with pytest.raises(AirflowSkipException, match=reason):
        it.execute(approve)
    assert it.check("approve")["verdict"] == "not applicable"
    assert shown == {}


def test_nobody_is_asked_for_what_the_cluster_would_not_take(approve: operators.Approve) -> None:
    it = Run()
    it.left["plan"] = planned(told("rights (gated)", Verdict.FAILED))
    with pytest.raises(approving.NotApproved, match=r"rights \(gated\)"):
        it.execute(approve)
    assert shown == {}


def answer(option: str = "Approve", who: Any = "ana") -> dict[str, Any]:
    person = {"id": who, "name": who} if who else None
    return {"chosen_options": [option], "params_input": {}, "responded_at": NOW, "responded_by_user": person}


@pytest.mark.parametrize(
    ("it", "event", "told"),
    [
        (Run(), answer("Reject"), "ana said no"),
        (Run(), answer(who=None), "nobody can tell who approved"),
        (Run("manual", "ana"), answer(), "the approver started this run"),
        (Run("manual"), answer(), "nobody can tell who started"),
        (Run(author="ana@example.org"), answer(), "the approver wrote"),
        (Run(author=None), answer(), "nobody can tell who wrote"),
        (Run(), {"error": "late", "error_type": "timeout"}, "nobody answered in time"),
    ],
)
def test_every_answer_but_the_yes_of_somebody_else_is_red(
    approve: operators.Approve, it: Run, event: dict[str, Any], told: str
) -> None:
    it.left["plan"] = planned()
    with pytest.raises(approving.NotApproved, match=told):
        approve.execute_complete(it.context(approve), event)
    assert (it.check("approve")["verdict"], told in it.check("approve")["reason"]) == ("failed", True)


@pytest.mark.parametrize("it", [Run(), Run("manual", "ben")])
def test_the_yes_of_somebody_else_is_on_record(approve: operators.Approve, it: Run) -> None:
    it.left["plan"] = planned()
    approve.execute_complete(it.context(approve), answer())
    assert it.check("approve")["observed"] == "approved by ana"
    assert it.left["approve"]["data"]["approved"] == GATED


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    kept: list[Any] = []

    def publish(store: Any, record: Any) -> Any:
        kept.append(record)
        return publishing.Published("evidence/k", "evidence/p", "url", 1)

    monkeypatch.setattr(publishing, "publish", publish)
    monkeypatch.setattr(type(subjects.platform()), "store", SimpleNamespace())
    return kept


def test_a_run_that_stopped_is_on_record_and_red(records: list[Any]) -> None:
    it = Run()
    it.left["check"] = report("check", told("files")).model_dump(mode="json")
    it.left["plan"] = planned(told("rights (safe)", Verdict.FAILED))
    it.execute(operators.TopicsEvidence(cluster="stream"))
    (record,) = records
    assert (record.capability, record.subject, record.verdict) == ("kafka_topics", "stream", Verdict.FAILED)
    assert record.owner == "streaming-team"
    verdicts = {check.name: (check.verdict, check.reason) for check in record.checks}
    assert verdicts["apply"] == (Verdict.INCONCLUSIVE, "not started, because plan was red")
    assert it.events["verdict"] == "failed"
    with pytest.raises(NotPassed):
        it.execute(operators.Verdict())


def test_a_run_with_nothing_to_do_passes(records: list[Any]) -> None:
    it = Run()
    for step, check in {
        "check": told("files"),
        "apply": told("read back (safe)"),
        "approve": told("approval", Verdict.NOT_APPLICABLE),
        "apply_approved": told("changes applied (gated)", Verdict.NOT_APPLICABLE),
    }.items():
        it.left[step] = report(step, check).model_dump(mode="json")
    it.left["plan"] = planned(told("nothing refused"))
    it.execute(operators.TopicsEvidence(cluster="stream"))
    assert records[0].verdict is Verdict.PASSED
    assert it.execute(operators.Verdict()) == "passed"


def test_the_look_by_night_puts_right_only_what_the_form_asks_for(
    monkeypatch: pytest.MonkeyPatch, records: list[Any]
) -> None:
    asked: list[bool] = []

    def looks(job: Job, *, revert: bool, lineage: Any) -> drift_check.Looked:
        asked.append(revert)
        found = drift_check._record(job, NOW, (told("as declared"),), lineage=lineage)
        return drift_check.Looked(found, "All is as declared.")

    monkeypatch.setattr(drift_check, "check_drift", looks)
    wishes: list[dict[str, Any]] = [{}, {"revert": True}]
    for wish in wishes:
        it = Run(**wish)
        it.execute(operators.DriftCheck(cluster="stream"))
        assert it.left["drift"]["verdict"] == "passed"
    assert asked == [False, True]
    assert {record.capability for record in records} == {"kafka_drift"}


def test_a_cluster_that_no_file_declares_is_told_so() -> None:
    it = Run()
    with pytest.raises(ConfigurationError, match="There is no folder"):
        it.execute(operators.TopicsCheck(cluster="strean"))
