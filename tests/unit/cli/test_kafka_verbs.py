"""The verbs of Kafka that need no broker: what they answer, and with which code."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dataops.cli import main
from dataops.evidence import publishing
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Verdict
from dataops.kafka import drift_check, provisioning
from dataops.platform import Platform

from tests.unit.kafka.builders import NOW

Caught = pytest.CaptureFixture[str]
CLUSTER = (
    "cluster: {name}\nenvironment: test\nconnection: kafka\ncluster_id: MkU3OEVBNTcwNTJENDM2Qg\nowner: us\n"
)
PUBLISHED = SimpleNamespace(key="evidence/k", page_key="evidence/p", spooled=False)


@pytest.fixture(autouse=True)
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    monkeypatch.setattr(Platform, "store", None)
    write(tmp_path, "main")
    return tmp_path


def write(include: Path, name: str, topic: str = "{partitions: 3, replication_factor: 3}") -> None:
    (include / "kafka" / name / "topics").mkdir(parents=True, exist_ok=True)
    (include / "kafka" / name / "cluster.yaml").write_text(CLUSTER.format(name=name))
    (include / "kafka" / name / "topics" / "us.yaml").write_text(f"team: us\ntopics:\n  a.b: {topic}\n")


def record(capability: str, verdict: Verdict) -> Record:
    return Record(
        capability=capability,
        subject="main",
        environment="test",
        verdict=verdict,
        reason="As it is.",
        started=NOW,
        finished=NOW,
        checks=(Check(name="files", verdict=verdict, reason="so"),),
    )


def test_valid_files_are_counted_and_no_broker_is_asked(capsys: Caught) -> None:
    assert main(("kafka", "check", "main")) == 0
    assert capsys.readouterr().out == "main: 1 topics are valid.\n"


def test_without_a_name_every_cluster_is_checked_and_every_mistake_told(
    include: Path, capsys: Caught
) -> None:
    write(include, "other", "{partitons: 3}")
    assert main(("kafka", "check", "--json")) == 2
    answered = json.loads(capsys.readouterr().out)
    assert (answered["verdict"], answered["evidence"]) == ("failed", None)
    assert answered["clusters"]["main"]["problems"] == []
    (problem, *_) = answered["clusters"]["other"]["problems"]
    assert (problem["path"], problem["line"]) == ("include/kafka/other/topics/us.yaml", 3)


def test_an_unknown_cluster_is_told_by_name(capsys: Caught) -> None:
    assert main(("kafka", "check", "mian")) == 2
    assert "kafka/mian" in capsys.readouterr().err


def test_a_new_topic_is_valid_and_what_stood_there_stays(include: Path, capsys: Caught) -> None:
    write(include, "main", "{partitions: 3, replication_factor: 3}")
    with (include / "kafka" / "main" / "cluster.yaml").open("a") as file:
        file.write("defaults: {partitions: 3, replication_factor: 3}\n")
    assert main(("new", "topic", "a.new", "--team", "us")) == 0
    assert "Added a.new" in capsys.readouterr().out
    assert main(("kafka", "check")) == 0
    assert capsys.readouterr().out == "main: 2 topics are valid.\n"
    assert main(("new", "topic", "not allowed", "--team", "us")) == 2
    write(include, "other")
    assert main(("new", "topic", "a.newer", "--team", "us")) == 2
    assert "--cluster: main, other" in capsys.readouterr().err


def test_nothing_is_applied_without_a_hash(capsys: Caught) -> None:
    assert main(("kafka", "apply", "main")) == 2
    assert "`dataops kafka plan main` shows its hash" in capsys.readouterr().err


def test_an_apply_hands_on_both_hashes_and_answers_verdict_and_evidence(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    asked: list[Any] = []

    def provision(job: Any, agreed: provisioning.Agreed) -> Any:
        asked.extend((job.cluster, job.only, agreed))
        found = record("kafka_topics", Verdict.FAILED)
        return provisioning.Outcome(found, PUBLISHED, 1)  # type: ignore[arg-type]

    monkeypatch.setattr(provisioning, "provision", provision)
    words = (
        "apply",
        "main",
        "--plan",
        "aaaaaaaaaaaa",
        "--approve",
        "bbbbbbbbbbbb",
        "--only",
        "a.*",
        "--json",
    )
    assert main(("kafka", *words)) == 1
    assert asked == ["main", ("a.*",), provisioning.Agreed("aaaaaaaaaaaa", "bbbbbbbbbbbb")]
    answered = json.loads(capsys.readouterr().out)
    assert (answered["verdict"], answered["evidence"]) == ("failed", "evidence/k")


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.PASSED, 0), (Verdict.FAILED, 1), (Verdict.INCONCLUSIVE, 3)]
)
def test_drift_is_on_record_and_its_verdict_is_the_code(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught, verdict: Verdict, code: int
) -> None:
    asked: list[bool] = []

    def looks(job: Any, *, revert: bool) -> drift_check.Looked:
        asked.append(revert)
        return drift_check.Looked(record("kafka_drift", verdict), "1 thing is not as declared.")

    monkeypatch.setattr(drift_check, "check_drift", looks)
    monkeypatch.setattr(publishing, "publish", lambda store, found: PUBLISHED)
    assert main(("kafka", "drift", "main", "--revert")) == code
    assert asked == [True]
    assert "1 thing is not as declared." in capsys.readouterr().out
