"""The verb that carries out a failover test: what it hands on, what it answers, and with which code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from dataops.cli import main
from dataops.evidence import Published, publishing
from dataops.evidence.record import Record
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import recording, run
from dataops.failover.job import Job
from dataops.platform import Platform

Caught = pytest.CaptureFixture[str]
NOW = datetime(2026, 11, 28, tzinfo=UTC)
PUBLISHED = Published("evidence/k", "evidence/p", "https://store/p", 1)
INCLUDE = Path(__file__).parents[3] / "include"
HASH = "ab" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_INCLUDE", str(INCLUDE))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "sandbox")
    monkeypatch.setattr(Platform, "store", None)
    monkeypatch.setattr(publishing, "publish", lambda store, found: PUBLISHED)
    monkeypatch.setattr("dataops.evidence.publish", lambda store, found: PUBLISHED)
    monkeypatch.setattr(recording, "_trend", lambda job, rto: "")


def report(step: str, verdict: Verdict = Verdict.PASSED, **data: Any) -> StepReport:
    check = Check(name=step, verdict=verdict, reason="" if verdict is Verdict.PASSED else "so")
    return StepReport(step=step, started=NOW, finished=NOW, checks=(check,), data=data)


def planned(job: Job) -> StepReport:
    return report("preflight", hash=HASH, needs_approval=True)


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.PASSED, 0), (Verdict.FAILED, 1), (Verdict.INCONCLUSIVE, 3)]
)
def test_the_code_is_that_of_the_verdict(
    verdict: Verdict, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    asked: list[str] = []

    def carried_out(job: Job, wanted: str, **_: Any) -> StepReport:
        asked.extend([job.name, wanted])
        return report("test", verdict)

    monkeypatch.setattr(run, "preflight", planned)
    monkeypatch.setattr(run, "carry_out", carried_out)

    assert main(("failover", "run", "sandbox_crash", "--approve", HASH[:12], "--json")) == code
    assert asked == ["sandbox_crash", HASH]
    answered = json.loads(capsys.readouterr().out)
    assert (answered["verdict"], answered["evidence"]) == (verdict.value, "evidence/k")


@pytest.mark.parametrize(
    ("approve", "reason"),
    [((), "--approve abababababab"), (("--approve", "cd" * 6), "stale"), (("--approve", "abab"), "stale")],
)
def test_nothing_is_broken_without_the_hash_of_this_very_plan(
    approve: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setattr(run, "preflight", planned)
    monkeypatch.setattr(run, "carry_out", lambda *_, **__: pytest.fail("it was carried out"))

    assert main(("failover", "run", "sandbox_crash", *approve)) == 1
    assert reason in capsys.readouterr().out


def test_an_interruption_is_on_record_with_all_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    records: list[Record] = []

    def interrupted(job: Job, wanted: str, *, told: Any) -> StepReport:
        told(report("test", Verdict.INCONCLUSIVE, run="a run"))
        raise KeyboardInterrupt

    def published(store: object, found: Record) -> Published:
        records.append(found)
        return PUBLISHED

    monkeypatch.setattr("dataops.evidence.publish", published)
    monkeypatch.setattr(run, "preflight", planned)
    monkeypatch.setattr(run, "carry_out", interrupted)
    platform = SimpleNamespace(environment="sandbox", store=None)
    promise = SimpleNamespace(rto=NOW - NOW, rpo=None)
    scenario = SimpleNamespace(name="crash", mode="crash", objectives=promise)
    job = SimpleNamespace(
        name="crash",
        say=lambda line: None,
        owner="us",
        git_commit="",
        platform=platform,
        scenario=scenario,
        server=SimpleNamespace(name="main"),
    )

    with pytest.raises(KeyboardInterrupt):
        run.run(cast("Job", job), approve=HASH)

    assert records[0].details["run"] == "a run"
    assert records[0].verdict is Verdict.INCONCLUSIVE


def test_an_unknown_scenario_is_told_by_name(capsys: Caught) -> None:
    assert main(("failover", "run", "sandbox_crahs")) == 2
    assert "sandbox_crash" in capsys.readouterr().err
