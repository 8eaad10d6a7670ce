"""A failover test's tasks: nothing is broken without a preflight, a plan, and the yes of somebody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput
from dataops.airflow import notify, operators, subjects
from dataops.airflow.operators.stoppable import Stopped
from dataops.errors import DataOpsError
from dataops.evidence import approving, publishing
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover import run
from dataops.failover.job import Job

from tests.dags.conftest import Include
from tests.dags.dag_run import DagRun

PLAN = "b" * 64
NOW = datetime.now(UTC)
WORST = "clients of orders are without service for a minute."
MARKDOWN = f"**Worst case:** {WORST}\n\n1. **break** `alpha`"


class Run(DagRun):
    """A run of the DAG."""

    dag_id = "failover_test__crash"


@pytest.fixture(autouse=True)
def scenario(include: Include, monkeypatch: pytest.MonkeyPatch) -> None:
    include.failover_server()
    include.database("orders")
    include.scenario("crash")
    subjects._read_once.cache_clear()
    monkeypatch.setenv("DATAOPS_BUCKET", "none")
    stored = SimpleNamespace(
        get=lambda key: MARKDOWN.encode(), exists=lambda key: False, list=lambda *_, **__: []
    )
    monkeypatch.setattr(type(subjects.platform()), "store", stored)


def report(step: str, *checks: Check, **data: Any) -> StepReport:
    return StepReport(step=step, started=NOW, finished=NOW, checks=checks, data=data)


def told(name: str, verdict: Verdict = Verdict.PASSED) -> Check:
    return Check(name=name, verdict=verdict, reason="so")


def planned(*checks: Check, needs_approval: bool = True) -> dict[str, Any]:
    found = report(
        "preflight",
        *checks,
        hash=PLAN,
        worst=WORST,
        markdown="key.md",
        plan="key.json",
        needs_approval=needs_approval,
    )
    return found.model_dump(mode="json")


def approved(by: str = "ana", plan: str = PLAN) -> dict[str, Any]:
    return approving.given(plan, by).model_dump(mode="json")


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of the round, instead of a round."""
    asked: list[Any] = []

    def plays(job: Job, wanted: str, **_: Any) -> StepReport:
        asked.append((job.name, wanted, job.holder))
        return report("test", told("no acknowledged write lost"))

    monkeypatch.setattr(run, "carry_out", plays)
    return asked


def test_a_tick_of_long_ago_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def looks(job: Job) -> StepReport:
        looked.append(job.name)
        return report("preflight", told("target"))

    monkeypatch.setattr(run, "preflight", looks)
    it = Run()
    it.dag_run.logical_date = NOW - timedelta(minutes=16)
    with pytest.raises(NotPassed, match="more than 15 minutes ago"):
        it.execute(operators.FailoverPreflight(scenario="crash"))
    assert looked == []
    it.dag_run.run_type = "manual"
    it.execute(operators.FailoverPreflight(scenario="crash"))
    it.dag_run.run_type, it.dag_run.logical_date = "scheduled", NOW - timedelta(minutes=14)
    it.execute(operators.FailoverPreflight(scenario="crash"))
    assert looked == ["crash", "crash"]


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_what_preflight_refuses_goes_no_further(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    found = report("preflight", told("guard alive"), told("target allowed", verdict))
    monkeypatch.setattr(run, "preflight", lambda job: found)
    it = Run()
    with pytest.raises(NotPassed, match="target allowed"):
        it.execute(operators.FailoverPreflight(scenario="crash"))
    assert len(it.left["preflight"]["checks"]) == 2


shown: dict[str, Any] = {}


@pytest.fixture
def approve(monkeypatch: pytest.MonkeyPatch) -> operators.ApproveTest:
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **told: shown.update(told))
    shown.clear()
    return operators.ApproveTest(
        scenario="crash", owner_of_scenario="data-team", response_timeout=timedelta(hours=4)
    )


def test_a_person_reads_the_worst_case_the_hash_and_the_steps(
    approve: operators.ApproveTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(notify, "to_slack", sent.append)
    monkeypatch.setattr(notify, "to_mail", lambda message: None)
    it = Run()
    it.left["preflight"] = planned()
    with pytest.raises(TaskAwaitingInput):
        it.execute(approve)
    assert shown["body"].endswith(MARKDOWN)
    assert PLAN[:12] in shown["body"].removesuffix(MARKDOWN)
    assert (shown["options"], shown["defaults"]) == (["Approve", "Reject"], None)
    (message,) = sent
    assert message.title == "failover_test of crash (test): waits for a person"
    assert message.owner == "data-team"
    assert WORST in message.reason


def test_nobody_is_asked_where_the_scenario_asks_for_nobody(approve: operators.ApproveTest) -> None:
    it = Run()
    it.left["preflight"] = planned(needs_approval=False)
    with pytest.raises(AirflowSkipException, match="needs no approval"):
        it.execute(approve)
    assert it.check("approve")["verdict"] == "not applicable"
    assert shown == {}


@pytest.mark.parametrize(
    ("it", "who", "option", "why"),
    [
        (Run(), "ana", "Reject", "ana said no"),
        (Run("manual", "ana"), "ana", "Approve", "the approver started this run"),
        (Run("manual"), "ana", "Approve", "nobody can tell who started"),
        (Run(author="ana@example.org"), "ana", "Approve", "the approver wrote"),
        (Run(author=None), "ana", "Approve", "nobody can tell who wrote"),
        (Run(), None, "Approve", "nobody can tell who approved"),
    ],
)
def test_every_answer_but_the_yes_of_somebody_else_breaks_nothing(
    approve: operators.ApproveTest, rounds: list[Any], it: Run, who: str | None, option: str, why: str
) -> None:
    it.left["preflight"] = planned()
    person = {"id": who, "name": who} if who else None
    event = {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": NOW,
        "responded_by_user": person,
    }
    with pytest.raises(approving.NotApproved, match=why):
        approve.execute_complete(it.context(approve), event)
    assert it.check("approve")["verdict"] == "failed"
    with pytest.raises(approving.NotApproved):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert rounds == []


def test_the_round_gets_the_hash_that_was_approved_and_holds_the_lease_by_name(rounds: list[Any]) -> None:
    it = Run()
    it.left |= {"preflight": planned(), "approve": approved()}
    it.execute(operators.FailoverTest(scenario="crash"))
    assert rounds == [("crash", PLAN, "failover_test__crash, run run-1, task test")]


def test_an_approval_of_another_plan_breaks_nothing(rounds: list[Any]) -> None:
    it = Run()
    it.left |= {"preflight": planned(), "approve": approved(plan="c" * 64)}
    with pytest.raises(approving.NotApproved, match="not the one that was approved"):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert rounds == []


def test_an_approval_of_long_ago_breaks_nothing(rounds: list[Any]) -> None:
    it = Run()
    old = approving.given(PLAN, "ana").model_copy(update={"finished": NOW - timedelta(minutes=16)})
    it.left |= {"preflight": planned(), "approve": old.model_dump(mode="json")}
    with pytest.raises(approving.NotApproved, match="15 minutes old"):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert rounds == []


def test_whoever_clears_the_task_breaks_nothing_again(rounds: list[Any]) -> None:
    it = Run()
    it.left |= {"preflight": planned(), "approve": approved()}
    it.tries = 2
    with pytest.raises(NotPassed, match="played once"):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert rounds == []


def test_without_a_preflight_nothing_is_broken(rounds: list[Any]) -> None:
    with pytest.raises(NotPassed, match="preflight left no report"):
        Run().execute(operators.FailoverTest(scenario="crash"))
    assert rounds == []


@pytest.mark.parametrize("error", [Stopped("told to stop"), KeyboardInterrupt(), DataOpsError("no route")])
def test_a_round_that_is_cut_short_leaves_its_report(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def breaks(job: Job, wanted: str, **_: Any) -> StepReport:
        raise error

    monkeypatch.setattr(run, "carry_out", breaks)
    it = Run()
    it.left["preflight"] = planned(needs_approval=False)
    with pytest.raises(type(error)):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert it.check("test")["verdict"] in {"failed", "inconclusive"}


def test_what_a_round_found_before_it_was_told_to_stop_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def healed(job: Job, wanted: str, **to: Any) -> StepReport:
        to["told"](report("test", told("healed")))
        raise Stopped("told to stop")

    monkeypatch.setattr(run, "carry_out", healed)
    it = Run()
    it.left["preflight"] = planned(needs_approval=False)
    with pytest.raises(Stopped):
        it.execute(operators.FailoverTest(scenario="crash"))
    assert it.check("test")["name"] == "healed"


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    kept: list[Any] = []

    def publish(store: Any, record: Any) -> Any:
        kept.append(record)
        return publishing.Published("evidence/k", "evidence/p", "url", 1)

    monkeypatch.setattr(publishing, "publish", publish)
    return kept


def test_a_task_that_died_is_on_record_and_red(records: list[Any]) -> None:
    it = Run()
    it.left |= {"preflight": planned(told("target allowed")), "approve": approved()}
    it.execute(operators.FailoverEvidence(scenario="crash"))
    (record,) = records
    assert (record.capability, record.subject) == ("failover_test", "crash")
    assert record.verdict is Verdict.INCONCLUSIVE
    verdicts = {check.name: check.verdict for check in record.checks}
    assert verdicts["test"] is Verdict.INCONCLUSIVE
    with pytest.raises(NotPassed):
        it.execute(operators.Verdict())


def test_a_passed_round_passes(records: list[Any]) -> None:
    it = Run()
    it.left |= {"preflight": planned(told("target allowed")), "approve": approved()}
    played = StepReport(
        step="test",
        started=NOW,
        finished=NOW,
        checks=(told("no acknowledged write lost"),),
        figures=(Figure(name="rto", value=0.3, unit="seconds"),),
    )
    it.left["test"] = played.model_dump(mode="json")
    it.execute(operators.FailoverEvidence(scenario="crash"))
    assert records[0].verdict is Verdict.PASSED
    assert it.execute(operators.Verdict()) == "passed"
    assert it.events["figures"] == {"rto": {"value": 0.3, "unit": "seconds"}}
