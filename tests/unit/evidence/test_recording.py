"""A record of a run says what its steps say together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.evidence.record import Lineage
from dataops.evidence.recording import data_of, lineage_of, record_of_steps
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Artifact, Figure, Verdict

from tests.unit.evidence.samples import check

START = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)


def step(name: str, verdict: Verdict = Verdict.PASSED, *, at: int = 0, **values: object) -> StepReport:
    begins = START + timedelta(seconds=at)
    return StepReport.model_validate({
        "step": name,
        "started": begins,
        "finished": begins + timedelta(seconds=5),
        "checks": (check(f"of {name}", verdict, reason="as it is"),),
        **values,
    })


def test_the_verdict_and_the_span_are_those_of_all_steps() -> None:
    reports = [step("take", at=10), step("verify", Verdict.FAILED, at=20), step("preflight")]
    record = record_of_steps("backup", "flights", reports, environment="test", owner="team")
    assert (record.verdict, record.reason) == (Verdict.FAILED, "of verify: as it is.")
    assert (record.started, record.finished) == (START, START + timedelta(seconds=25))
    assert [each.verdict for each in record.steps] == [Verdict.PASSED, Verdict.FAILED, Verdict.PASSED]
    assert (record.owner, record.environment) == ("team", "test")


def test_what_the_steps_left_is_gathered_and_an_object_that_two_name_is_one() -> None:
    figure = Figure(name="rows", value=3, unit="rows")
    manifest = Artifact(key="manifest.json", size=1, sha256="ab" * 32)
    reports = [
        step("take", figures=(figure,), artifacts=(manifest,), programs={"pg_dump": "15"}, data={"id": 1}),
        step("publish", artifacts=(manifest,), programs={"age": "1"}, data={"id": 2}),
    ]
    record = record_of_steps("backup", "flights", reports, environment="test", programs={"psql": "15"})
    assert (record.figures, record.artifacts) == ((figure,), (manifest,))
    assert record.programs == {"psql": "15"}, "a run may say any field itself"
    assert data_of(reports) == {"id": 2}


def test_a_run_without_any_step_is_not_passed() -> None:
    record = record_of_steps("backup", "flights", [], environment="test")
    assert record.verdict is Verdict.INCONCLUSIVE


def test_a_lineage_leaves_out_what_is_not_known_and_believes_what_is_told() -> None:
    lineage = lineage_of({"git_commit": "c0ffee", "run_id": ""}, backup_id=None, plan_hash="77")
    assert lineage == Lineage(git_commit="c0ffee", plan_hash="77", host=lineage.host)
    assert lineage.host
