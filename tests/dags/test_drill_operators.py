"""A drill's tasks: each leaves what the next one needs, and whatever is not passed ends in a failed run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from dataops.airflow import operators, subjects
from dataops.airflow.reports import LONGEST
from dataops.backup.steps import Job
from dataops.drill import run, teardown
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence import publishing
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Check, Verdict

from tests.dags.conftest import Include

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACKUP = "20261123T010000Z-aaaaaa"


class Run:
    """One DAG run: what tasks push can be pulled, as in Airflow; what they emit is kept."""

    def __init__(self, **params: Any) -> None:
        self.left: dict[tuple[str, str], Any] = {}
        self.task_id, self.try_number = "", 1
        self.params = params
        self.emitted: dict[str, Any] = {}

    def execute(self, task: Any) -> Any:
        self.task_id = task.task_id
        run_of_dag = SimpleNamespace(run_type="manual", logical_date=NOW)
        result = task.execute({
            "ti": self,
            "dag": SimpleNamespace(dag_id="restore_drill__orders"),
            "dag_run": run_of_dag,
            "run_id": "manual",
            "params": self.params,
            "outlet_events": self,
        })
        self.left[self.task_id, "return_value"] = result
        return result

    def xcom_push(self, key: str, value: Any) -> None:
        self.left[self.task_id, key] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.left.get((task_ids, key))

    def __getitem__(self, asset: Any) -> Any:
        return SimpleNamespace(extra=self.emitted.setdefault(asset.uri, {}))


class Shelf:
    """A store that keeps objects, and the proofs that were written."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.proven: list[tuple[Verdict, str]] = []

    def put(self, key: str, body: bytes) -> Any:
        import hashlib

        self.objects[key] = body
        return SimpleNamespace(key=key, sha256=hashlib.sha256(body).hexdigest())

    def get(self, key: str) -> bytes:
        return self.objects[key]


@pytest.fixture
def shelf(include: Include, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """The platform's store, with the capability's own work on real servers left out."""
    include.server()
    include.database("orders")
    shelf = Shelf()
    subjects._read_once.cache_clear()
    real = subjects.platform()
    platform = SimpleNamespace(environment="test", inventory=real.inventory, store=shelf)
    monkeypatch.setattr(subjects, "platform", lambda: platform)

    def publish(store: Any, record: Any) -> Any:
        return SimpleNamespace(key="evidence/k", page_key="evidence/k/index.html", spooled=False)

    monkeypatch.setattr(publishing, "publish", publish)
    monkeypatch.setattr(
        run,
        "prove",
        lambda platform, record, published: shelf.proven.append((record.verdict, record.lineage.backup_id)),
    )
    yield shelf
    subjects._read_once.cache_clear()


def report(step: str, *checks: Check, **data: Any) -> StepReport:
    return StepReport(step=step, started=NOW, finished=NOW, checks=checks, data=data)


def check(name: str, verdict: Verdict = Verdict.PASSED, reason: str = "") -> Check:
    return Check(name=name, verdict=verdict, reason=reason)


@contextmanager
def drilling(drills: Callable[[Job, StepReport], StepReport]) -> Generator[None]:
    """The drill itself does what the test says."""

    def prepare(job: Job) -> StepReport:
        return report("prepare", check("room"), drill_id="first", backup_id=BACKUP, point={})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "prepare", prepare)
        patch.setattr(run, "drill", drills)
        yield


def carried_out(it: Run, drills: Callable[[Job, StepReport], StepReport]) -> list[dict[str, Any]]:
    """Run all tasks up to the evidence as the DAG does, red ones too; the lines that the checks map over."""
    with drilling(drills):
        for task in (operators.Prepare(subject="orders"), operators.Drill(subject="orders")):
            try:
                it.execute(task)
            except DataOpsError:
                break
    return cast(list[dict[str, Any]], it.execute(operators.DrillEvidence(subject="orders")))


def ends(it: Run) -> str:
    return str(it.execute(operators.Verdict(recorded_under="recorded")))


def test_a_drill_that_passed_proves_its_backup_and_the_run_passes(shelf: Shelf) -> None:
    it = Run()
    lines = carried_out(it, lambda job, prepared: report("drill", check("row counts"), drill_id="first"))
    assert [line["name"] for line in lines] == ["room", "row counts"]
    assert shelf.proven == [(Verdict.PASSED, BACKUP)]
    assert it.emitted["dataops://verdict/restore_drill/orders"]["verdict"] == "passed"
    assert ends(it) == "passed"


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_a_red_check_is_a_red_task_and_a_failed_run_but_not_a_red_drill(
    shelf: Shelf, verdict: Verdict
) -> None:
    it = Run()
    lines = carried_out(
        it,
        lambda job, prepared: report("drill", check("contents", verdict, "orders differs"), check("roles")),
    )
    assert it.left["drill", "return_value"]["step"] == "drill"
    assert shelf.proven == [(verdict, BACKUP)]
    shown = {line["name"]: operators.CheckResult(task_id="check", line=line) for line in lines}
    with pytest.raises(NotPassed, match=f"contents is {verdict}: orders differs"):
        it.execute(shown["contents"])
    it.execute(shown["roles"])
    with pytest.raises(NotPassed, match=f"{verdict}: contents: orders differs"):
        ends(it)


def test_a_check_that_is_not_applicable_is_skipped_with_its_reason(shelf: Shelf) -> None:
    it = Run()
    lines = carried_out(
        it, lambda job, prepared: report("drill", check("x", Verdict.NOT_APPLICABLE, "no checksums"))
    )
    with pytest.raises(AirflowSkipException, match="no checksums"):
        it.execute(operators.CheckResult(task_id="check", line=lines[1]))


def test_a_drill_that_breaks_stands_among_the_checks(shelf: Shelf) -> None:
    def breaks(job: Job, prepared: StepReport) -> StepReport:
        raise InconclusiveError("The scratch server died.")

    it = Run()
    lines = carried_out(it, breaks)
    assert (lines[-1]["name"], lines[-1]["verdict"]) == ("drill", "inconclusive")
    assert lines[-1]["reason"] == "The scratch server died."
    with pytest.raises(NotPassed, match="The scratch server died"):
        ends(it)


def test_a_drill_that_was_killed_proves_nothing(shelf: Shelf) -> None:
    it = Run()
    with drilling(lambda job, prepared: report("drill")):
        it.execute(operators.Prepare(subject="orders"))
    lines = it.execute(operators.DrillEvidence(subject="orders"))
    assert (lines[-1]["name"], lines[-1]["verdict"]) == ("drill", "inconclusive")
    assert shelf.proven == [(Verdict.INCONCLUSIVE, BACKUP)]


def test_what_a_drill_says_of_two_thousand_tables_goes_by_the_store(shelf: Shelf) -> None:
    coverage = {f"public.table_{number}": {"rows": 1, "seen": NOW.isoformat()} for number in range(2000)}
    it = Run()
    carried_out(
        it, lambda job, prepared: report("drill", check("contents"), drill_id="first", coverage=coverage)
    )
    left = it.left["drill", "return_value"]
    assert left["report"] == "evidence/restore_drill/orders/reports/first.json"
    assert len(shelf.objects[left["report"]]) > LONGEST
    assert ends(it) == "passed"


def test_another_try_is_another_drill_with_its_own_id(shelf: Shelf) -> None:
    seen: list[Any] = []

    def drills(job: Job, prepared: StepReport) -> StepReport:
        seen.append(prepared.data["drill_id"])
        return report("drill")

    it = Run()
    with drilling(drills):
        it.execute(operators.Prepare(subject="orders"))
        it.execute(operators.Drill(subject="orders"))
        it.try_number = 2
        it.execute(operators.Drill(subject="orders"))
    assert seen[0] == "first" != seen[1]


def test_every_try_is_taken_down(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def take_down(job: Job, drill_ids: Any) -> StepReport:
        asked.extend(drill_ids)
        return report("teardown", *[check(f"{each} is gone") for each in drill_ids])

    monkeypatch.setattr(teardown, "teardown", take_down)
    it = Run()
    it.execute(operators.Teardown(subject="orders"))
    assert asked == []
    with drilling(lambda job, prepared: report("drill")):
        it.execute(operators.Prepare(subject="orders"))
        it.try_number = 2
        it.execute(operators.Drill(subject="orders"))
        it.execute(operators.Teardown(subject="orders"))
    assert asked[0] == "first"
    assert len(asked) == 2
    lines = it.execute(operators.DrillEvidence(subject="orders", elsewhere=True))
    assert [line["name"] for line in lines][-1] == f"{asked[1]} is gone"


def test_the_form_chooses_the_point_and_how_rows_are_checked(shelf: Shelf) -> None:
    jobs: list[Job] = []

    def drills(job: Job, prepared: StepReport) -> StepReport:
        jobs.append(job)
        return report("drill")

    carried_out(Run(point="oldest", mode="budgeted", reason="why"), drills)
    carried_out(Run(point=None, mode="full", reason=None), drills)
    assert dict(jobs[0].options) == {"point": "oldest", "mode": "budgeted"}
    assert [job.subject.drill.mode for job in jobs] == ["budgeted", "full"]
    assert dict(jobs[1].options) == {"mode": "full"}
