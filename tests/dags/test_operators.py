"""What a task leaves and raises: a red step reports first, a stopped one takes its programs along."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from dataops import process
from dataops.airflow import operators
from dataops.airflow.limits import NO_SECOND_TRY
from dataops.airflow.operators.stoppable import Stopped
from dataops.backup import run
from dataops.backup.restore.download import Damaged
from dataops.backup.steps import Job
from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Verdict

from tests.dags.conftest import Include


class Run:
    """One DAG run's context: what tasks push can be pulled, as in Airflow."""

    def __init__(self, run_type: str = "manual", **params: Any) -> None:
        self.left: dict[str, Any] = {}
        self.task_id = ""
        self.dag_run = SimpleNamespace(run_type=run_type, logical_date=datetime(2026, 11, 22, tzinfo=UTC))
        self.params = params

    def execute(self, task: Any) -> Any:
        self.task_id = task.task_id
        return task.execute({"ti": self, "dag_run": self.dag_run, "params": self.params})

    def xcom_push(self, key: str, value: Any) -> None:
        assert key == "return_value"
        self.left[self.task_id] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        assert key == "return_value"
        return self.left.get(task_ids)


@dataclass
class Scripted:
    """A method of backup whose preflight does what the test says."""

    preflight: Callable[[Job], StepReport]


@pytest.fixture
def preflight(include: Include, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    include.server()
    include.database("orders")

    def task(does: Callable[[Job], StepReport], subject: str = "orders") -> operators.Preflight:
        monkeypatch.setattr(run, "method_of", lambda _: Scripted(does))
        return operators.Preflight(subject=subject)

    return task


def report(*checks: Check) -> StepReport:
    now = datetime.now(UTC)
    return StepReport(step="preflight", started=now, finished=now, checks=checks)


def test_a_green_step_leaves_its_report(preflight: Callable[..., Any]) -> None:
    it = Run()
    it.execute(preflight(lambda job: report(Check(name="reach", verdict=Verdict.PASSED))))
    assert it.left["preflight"]["checks"][0]["verdict"] == "passed"


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_a_red_check_stops_the_run_and_stays_on_record(
    preflight: Callable[..., Any], verdict: Verdict
) -> None:
    it = Run()
    with pytest.raises(NotPassed, match=r"disk is .* only 3 GB are free"):
        it.execute(
            preflight(lambda job: report(Check(name="disk", verdict=verdict, reason="only 3 GB are free")))
        )
    assert it.left["preflight"]["checks"][0]["verdict"] == verdict.value


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (ConfigurationError("The password is wrong."), "failed", "The password is wrong."),
        (DataOpsError("The store is full."), "failed", "The store is full."),
        (InconclusiveError("No answer."), "inconclusive", "No answer."),
        (ValueError("hunter2"), "inconclusive", "ValueError: see the log of preflight"),
    ],
)
def test_a_step_that_breaks_says_so_before_it_raises(
    preflight: Callable[..., Any], error: Exception, verdict: str, reason: str
) -> None:
    def breaks(job: Job) -> StepReport:
        raise error

    it = Run()
    with pytest.raises(type(error)):
        it.execute(preflight(breaks))
    (check,) = it.left["preflight"]["checks"]
    assert (check["verdict"], check["reason"]) == (verdict, reason)


def test_what_a_person_must_mend_is_not_tried_again() -> None:
    def decided(error: Exception) -> str:
        return NO_SECOND_TRY.evaluate(error, 1, 3).action.value

    assert decided(ConfigurationError("x")) == "fail"
    assert decided(NotPassed("x")) == "fail"
    assert decided(Damaged("x holds other bytes than were backed up")) == "fail"
    assert decided(DataOpsError("the store answered 503")) == "default"


@pytest.mark.parametrize(
    ("run_type", "day", "chosen", "expected"),
    [
        ("scheduled", 22, "incr", "full"),  # a Sunday
        ("scheduled", 23, "full", "diff"),
        ("manual", 22, "incr", "incr"),
    ],
)
def test_the_clock_chooses_the_type_on_schedule_and_the_form_by_hand(
    preflight: Callable[..., Any], run_type: str, day: int, chosen: str, expected: str
) -> None:
    asked: list[Any] = []

    def looks(job: Job) -> StepReport:
        asked.append(job.options["type"])
        return report()

    it = Run(run_type, type=chosen, reason="")
    from dataops.airflow import subjects

    minute, hour, *_ = subjects.inventory().subject("main").schedules[0].split()
    it.dag_run.logical_date = datetime(2026, 11, day, int(hour), int(minute), tzinfo=UTC)
    it.execute(preflight(looks, subject="main"))
    assert asked == [expected]


def test_sigterm_ends_the_programs_and_the_task(preflight: Callable[..., Any]) -> None:
    """As Airflow does it: its handler calls on_kill in the executing thread, and then returns."""
    pids: list[int] = []

    def sleeps(job: Job) -> StepReport:
        with process.start(["/bin/sleep", "600"], env={}) as running:
            pids.append(running.pid)
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()
            running.wait()
        return report()

    task = preflight(sleeps)
    before = signal.signal(signal.SIGTERM, lambda *_: task.on_kill())
    try:
        with pytest.raises(Stopped):
            Run().execute(task)
    finally:
        signal.signal(signal.SIGTERM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_on_kill_of_a_task_that_does_nothing_is_harmless(preflight: Callable[..., Any]) -> None:
    preflight(lambda job: report()).on_kill()


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        (None, "left no evidence"),
        ({"verdict": "failed", "reason": "Lost.", "page": "p", "spooled": False}, "failed: Lost."),
        ({"verdict": "inconclusive", "reason": "Hm.", "page": "p", "spooled": False}, "inconclusive: Hm."),
        ({"verdict": "passed", "reason": "Fine.", "page": "p", "spooled": True}, "could not be written"),
    ],
)
def test_whatever_is_not_recorded_as_passed_fails_the_run(recorded: Any, told: str) -> None:
    it = Run()
    it.left["evidence"] = recorded
    with pytest.raises(NotPassed, match=told):
        it.execute(operators.Verdict())


def test_passed_is_the_only_word_that_lets_the_run_pass() -> None:
    it = Run()
    it.left["evidence"] = {"verdict": "passed", "reason": "Fine.", "page": "p", "spooled": False}
    assert it.execute(operators.Verdict()) == "passed"


def test_steps_that_never_reported_are_inconclusive() -> None:
    it = Run()
    it.left["preflight"] = report(Check(name="reach", verdict=Verdict.PASSED)).model_dump(mode="json")
    reports = operators.Evidence(subject="orders")._reports({"ti": it}, None)  # type: ignore[typeddict-item,arg-type]
    verdicts = {each.step: (each.checks[0].verdict, each.checks[0].reason) for each in reports}
    assert verdicts["take"] == (Verdict.INCONCLUSIVE, "did not finish: killed, lost or timed out")
    assert verdicts["verify"] == (Verdict.INCONCLUSIVE, "not started, because take was red")
