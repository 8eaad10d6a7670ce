"""The verbs of drills: what they hand on, what they answer, and how a proof is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dataops.backup.catalog import Backup, Proof
from dataops.cli import backup_verbs, main, recorded
from dataops.drill import elsewhere, rehearsal, run
from dataops.errors import ConfigurationError
from dataops.evidence.record import Lineage, Record
from dataops.evidence.verdict import Check, Verdict

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = "20261123T010000Z-aaaaaa"
Caught = pytest.CaptureFixture[str]


def record(verdict: Verdict) -> Record:
    return Record(
        capability="restore_drill",
        subject="orders",
        environment="test",
        verdict=verdict,
        reason="As the check says.",
        started=NOW,
        finished=NOW,
        checks=(Check(name="contents", verdict=verdict, reason="orders differs"),),
        lineage=Lineage(backup_id=ID),
    )


PUBLISHED = SimpleNamespace(key="evidence/k", page_key="evidence/p", spooled=False)


@pytest.fixture(autouse=True)
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server with one database, and no store: nothing here may ask one."""
    (tmp_path / "servers").mkdir()
    (tmp_path / "databases").mkdir()
    (tmp_path / "servers" / "main.yaml").write_text(
        "server: main\nenvironment: test\nconnection: main\nowner: dba\n"
    )
    (tmp_path / "databases" / "orders.yaml").write_text("database: orders\nserver: main\nowner: dba\n")
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    monkeypatch.setenv("DATAOPS_BUCKET", "none")


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.PASSED, 0), (Verdict.FAILED, 1), (Verdict.INCONCLUSIVE, 3)]
)
def test_a_drill_answers_its_verdict_its_backup_and_its_evidence(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught, verdict: Verdict, code: int
) -> None:
    asked: dict[str, Any] = {}

    def drills(platform: Any, name: str, **wishes: Any) -> Any:
        asked.update(wishes, name=name)
        return run.Outcome(record(verdict), PUBLISHED, verdict.exit_code)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "run", drills)
    arguments = ("drill", "run", "orders", "--point", "oldest", "--mode", "budgeted", "--json")
    assert main(arguments) == code
    answered = json.loads(capsys.readouterr().out)
    assert (asked["name"], asked["point"], asked["options"]) == ("orders", "oldest", {"mode": "budgeted"})
    assert (answered["verdict"], answered["backup_id"], answered["evidence"]) == (verdict, ID, "evidence/k")


def test_a_red_check_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    outcome = run.Outcome(record(Verdict.FAILED), PUBLISHED, 1)  # type: ignore[arg-type]
    monkeypatch.setattr(run, "run", lambda *_, **__: outcome)
    assert main(("drill", "run", "orders")) == 1
    assert "failed: contents: orders differs" in capsys.readouterr().out


def test_a_server_that_somebody_else_restored_is_checked_and_put_on_record(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        elsewhere,
        "check",
        lambda platform, name, **wishes: asked.update(wishes, name=name) or record(Verdict.PASSED),
    )
    monkeypatch.setattr(recorded, "record_and_answer", lambda *_, **__: 0)
    monkeypatch.setattr("dataops.cli.drill_verbs.record_and_answer", lambda *_, **__: 0)
    assert main(("drill", "check", "orders", "--backup", ID, "--dsn", "postgresql://me@host/restored")) == 0
    assert (asked["name"], asked["backup_id"]) == ("orders", ID)
    assert asked["dsn"] == "postgresql://me@host/restored"


def test_a_rehearsal_may_be_of_some_faults_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        rehearsal,
        "rehearse",
        lambda platform, name, **wishes: asked.update(wishes, name=name) or record(Verdict.PASSED),
    )
    monkeypatch.setattr("dataops.cli.drill_verbs.record_and_answer", lambda *_, **__: 0)
    assert main(("drill", "rehearse", "orders", "--only", "data", "--only", "WAL")) == 0
    assert (asked["name"], asked["only"]) == ("orders", ["data", "WAL"])


def test_a_retired_subject_is_not_drilled(tmp_path: Path, capsys: Caught) -> None:
    with (tmp_path / "databases" / "orders.yaml").open("a") as file:
        file.write("retired: 2026-01-31\n")
    assert main(("drill", "run", "orders")) == ConfigurationError.exit_code
    assert "is retired since 2026-01-31" in capsys.readouterr().err


def proof(verdict: Verdict, *, hours_ago: float, share: float | None = None) -> Proof:
    coverage = {} if share is None else {"share": share}
    return Proof(at=NOW - timedelta(hours=hours_ago), verdict=verdict, coverage=coverage)


@pytest.mark.parametrize(
    ("proofs", "told"),
    [
        ((), "no drill yet"),
        ((proof(Verdict.PASSED, hours_ago=3, share=1.0),), "proven 3 h ago, 100 % of its bytes read"),
        ((proof(Verdict.PASSED, hours_ago=3, share=0.999),), "proven 3 h ago, 99 % of its bytes read"),
        ((proof(Verdict.PASSED, hours_ago=3),), "proven 3 h ago"),
        (
            (proof(Verdict.PASSED, hours_ago=30), proof(Verdict.FAILED, hours_ago=2)),
            "not proven: failed 2 h ago",
        ),
        (
            (proof(Verdict.PASSED, hours_ago=30), proof(Verdict.INCONCLUSIVE, hours_ago=2)),
            "proven 1 d 6 h ago; inconclusive 2 h ago",
        ),
        ((proof(Verdict.INCONCLUSIVE, hours_ago=2),), "not proven: inconclusive 2 h ago"),
    ],
)
def test_a_proof_is_told_with_its_age_and_how_much_it_read(proofs: tuple[Proof, ...], told: str) -> None:
    assert backup_verbs._proof_text(Backup(header=None, proofs=proofs), NOW) == told  # type: ignore[arg-type]


def test_a_mistyped_point_is_refused_before_a_drill_of_it_goes_on_record(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setattr(run, "run", lambda *_, **__: pytest.fail("a drill began"))
    assert main(["drill", "run", "orders", "--point", "yesterday"]) == 2
    assert "'yesterday' is no recovery point: write latest, oldest" in capsys.readouterr().err
