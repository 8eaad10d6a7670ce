"""Whole runs on a real broker: planned, agreed to, applied, read back, on record, and looked at by night."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main
from dataops.evidence import listing
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Verdict
from dataops.kafka import run
from dataops.kafka.applying import apply as applying
from dataops.kafka.applying.apply import lease_name
from dataops.kafka.drift_check import check_drift
from dataops.kafka.remembering import recall
from dataops.platform import Platform
from dataops.store import ObjectStore, lease

from tests.integration.kafka.broker import KafkaServer
from tests.integration.kafka.place import Place

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def place(kafka: KafkaServer, store: ObjectStore, tmp_path: Path, prefix: str) -> Place:
    made = Place(kafka, store, tmp_path / "include", prefix, f"c{prefix}x")
    made.cluster()
    made.topics(plain="{}", kept="{configs: {retention.ms: 7d}}")
    return made


def checks(record: Record) -> dict[str, Check]:
    return {check.name: check for check in record.checks}


def red(record: Record) -> dict[str, Verdict]:
    harmless = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    return {check.name: check.verdict for check in record.checks if check.verdict not in harmless}


def test_a_named_plan_is_applied_read_back_and_on_record_and_a_second_run_changes_nothing(
    place: Place,
) -> None:
    done = place.apply(place.plan())
    assert red(done.record) == {}
    assert (done.exit_code, done.record.verdict) == (0, Verdict.PASSED)
    assert {f"{place.prefix}plain", f"{place.prefix}kept"} <= place.kafka.topics()
    assert done.record.lineage.plan_hash
    assert listing.show(place.store, done.published.key).sequence == 1
    assert set(recall(place.store, place.name).topic_ids) == {f"{place.prefix}plain", f"{place.prefix}kept"}
    assert place.plan().changes == ()
    again = place.apply(place.plan())
    assert (again.exit_code, red(again.record)) == (0, {})
    assert checks(again.record)["changes applied (safe)"].verdict is Verdict.NOT_APPLICABLE


def test_a_stale_plan_is_refused_by_name_and_nothing_is_changed(place: Place) -> None:
    found = place.plan()
    place.topics(plain="{}", kept="{configs: {retention.ms: 7d}}", more="{}")
    done = place.apply(found)
    assert done.exit_code == 1
    assert f"{found.safe.hash[:12]} is stale" in done.record.reason
    assert not {f"{place.prefix}plain", f"{place.prefix}more"} & place.kafka.topics()


def test_what_is_not_safe_waits_for_a_person_and_the_safe_part_does_not(place: Place) -> None:
    place.provisioned()
    place.topics(plain="{partitions: 4, acknowledge: {partitions: 4}}", kept="{}", more="{}")
    found = place.plan()
    assert found.safe.changes
    assert found.gated.changes
    waits = place.apply(found)
    assert waits.exit_code == 1
    assert red(waits.record)["approval"] is Verdict.FAILED
    assert f"--approve {found.gated.hash[:12]}" in waits.record.reason
    assert f"{place.prefix}more" in place.kafka.topics()
    rest = place.plan()
    assert (rest.safe.changes, rest.gated.hash) == ((), found.gated.hash), (
        "it still holds after the safe part"
    )
    done = place.apply(rest, approve=True)
    assert red(done.record) == {}
    assert "on the command line" in str(checks(done.record)["approval"].observed)
    assert place.plan().changes == ()


def test_an_approval_of_another_plan_is_refused_by_name(place: Place) -> None:
    place.provisioned()
    place.topics(plain="{partitions: 4, acknowledge: {partitions: 4}}", kept="{configs: {retention.ms: 7d}}")
    approved = place.plan()
    place.topics(plain="{partitions: 6, acknowledge: {partitions: 6}}", kept="{configs: {retention.ms: 7d}}")
    done = place.apply(approved, approve=True)
    assert f"approval of {approved.gated.hash[:12]} is stale" in done.record.reason
    assert done.exit_code == 1
    assert place.plan().gated.changes


def test_where_nobody_guards_the_cluster_nobody_is_asked(place: Place) -> None:
    place.cluster(guarded=False)
    place.provisioned()
    place.topics(plain="{partitions: 4, acknowledge: {partitions: 4}}", kept="{configs: {retention.ms: 7d}}")
    done = place.apply(place.plan())
    assert (done.exit_code, red(done.record)) == (0, {})
    assert place.plan().changes == ()


def test_what_is_refused_is_red_and_keeps_nobody_else_waiting(place: Place) -> None:
    place.provisioned()
    place.topics(plain="{partitions: 4}", kept="{configs: {retention.ms: 7d}}", more="{}")
    done = place.apply(place.plan())
    assert red(done.record) == {"nothing refused": Verdict.FAILED}
    assert "acknowledge" in done.record.reason
    assert f"{place.prefix}more" in place.kafka.topics()


def test_a_run_refuses_by_name_while_another_works_on_the_cluster(place: Place) -> None:
    found = place.plan()
    with lease(place.store, lease_name(place.name), holder="the night's DAG", seconds=30):
        done = place.apply(found)
    assert done.exit_code == 1
    assert "held by the night's DAG" in done.record.reason
    assert f"{place.prefix}plain" not in place.kafka.topics()


@pytest.mark.parametrize(
    ("broken", "code", "told"),
    [
        (lambda place: place.cluster(cluster_id="MkU3OEVBNTcwNTJENDM2Qg"), 2, "pin MkU3OEVBNTcwNTJENDM2Qg"),
        (lambda place: place.topics(plain="{partitons: 3}"), 2, "partitons"),
    ],
    ids=["another cluster", "a mistake in a file"],
)
def test_what_a_person_must_mend_changes_nothing(
    place: Place, broken: Callable[[Place], None], code: int, told: str
) -> None:
    found = place.plan()
    broken(place)
    done = place.apply(found)
    assert (done.exit_code, done.record.verdict) == (code, Verdict.FAILED)
    assert told in done.record.reason
    assert f"{place.prefix}plain" not in place.kafka.topics()


def test_a_run_that_died_in_the_middle_is_gone_on_with_under_the_same_hash(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.topics(**{f"t{number}": "{}" for number in range(6)})
    found = place.plan()
    looks = iter(range(100))

    def dies(work: applying.Work, part: Any) -> Any:
        def still_ours() -> None:
            assert next(looks) < 2, "killed here"

        return applying.apply(replace(work, heaviest=3, still_ours=still_ours), part)

    with monkeypatch.context() as patched:
        patched.setattr(run, "carry_out", dies)
        with pytest.raises(AssertionError, match="killed here"):
            place.apply(found)
    begun = [each for each in place.kafka.topics() if each.startswith(place.prefix)]
    assert 0 < len(begun) < 6
    done = place.apply(found)
    assert (done.exit_code, red(done.record)) == (0, {})
    assert any("Going on with the plan" in line for line in place.said)
    assert place.plan().changes == ()


def test_a_manual_change_is_drift_told_once_as_news_and_put_right_when_asked(place: Place) -> None:
    place.apply(place.plan())
    assert (check_drift(place.job()).exit_code) == 0
    place.alter("kept", "retention.ms", "1209600000")
    first = look_at_night(place)
    (difference,) = checks(first)["as declared"].parts
    assert difference.name.startswith(f"manual override: topic {place.prefix}kept retention.ms")
    assert first.verdict is Verdict.FAILED
    (finding,) = found_in(first, place)
    second = look_at_night(place)
    (again,) = found_in(second, place)
    assert (finding["new"], again["new"]) == (True, False)
    assert again["since"] == finding["since"]
    mended = check_drift(place.job(), revert=True)
    assert (mended.exit_code, red(mended.record)) == (0, {})
    assert checks(mended.record)["changes applied (safe)"].verdict is Verdict.PASSED
    assert place.plan().changes == ()


def look_at_night(place: Place) -> Record:
    from dataops.evidence.publishing import publish

    record = check_drift(place.job()).record
    publish(place.store, record)
    return record


def found_in(record: Record, place: Place) -> list[dict[str, Any]]:
    findings: Any = record.details["findings"]
    return [each for each in findings if place.prefix in each["resource"]]


def test_a_cluster_that_cannot_be_read_is_red_by_night_and_on_record(place: Place) -> None:
    place.cluster(cluster_id="MkU3OEVBNTcwNTJENDM2Qg")
    looked = check_drift(place.job())
    assert (looked.exit_code, looked.record.verdict) == (2, Verdict.FAILED)
    assert "pin MkU3OEVBNTcwNTJENDM2Qg" in looked.record.reason


@pytest.fixture
def command(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> Callable[..., tuple[int, str]]:
    """The command line in this process: exit code and what it answers."""
    extra = dict(place.kafka.connection().extra)
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA", json.dumps({"conn_type": "kafka", "extra": extra}))
    monkeypatch.setenv("DATAOPS_INCLUDE", str(place.include))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    monkeypatch.setenv("DATAOPS_BUCKET", place.store.bucket)
    monkeypatch.setattr(Platform, "store", place.store)

    def call(*words: str) -> tuple[int, str]:
        code = main(("kafka", *words))
        return code, capsys.readouterr().out

    return call


def test_the_command_line_goes_from_files_to_a_proven_cluster(
    place: Place, command: Callable[..., tuple[int, str]]
) -> None:
    assert command("check", place.name)[0] == 0
    code, shown = command("plan", place.name, "--json")
    planned = json.loads(shown)
    assert (code, planned["exit_code"], planned["evidence"]) == (4, 4, None)
    assert command("plan", place.name, "--markdown")[1].startswith("### Kafka plan")
    assert f"--plan {planned['safe']['hash'][:12]}" in command("plan", place.name)[1]
    assert command("apply", place.name)[0] == 2
    code, shown = command("apply", place.name, "--plan", planned["safe"]["hash"][:12], "--json")
    answered = json.loads(shown)
    assert (code, answered["verdict"]) == (0, "passed")
    assert answered["evidence"].startswith(f"evidence/kafka_topics/{place.name}/")
    assert command("plan", place.name)[0] == 0
    assert command("drift", place.name)[0] == 0
    place.topics(plain="{partitions: 1}", kept="{configs: {retention.ms: 7d}}")
    assert command("plan", place.name)[0] == 1


def test_what_is_there_becomes_a_file_that_plans_to_no_change(
    place: Place, command: Callable[..., tuple[int, str]]
) -> None:
    place.kafka.create(f"{place.prefix}found", partitions=3, retention_ms="1000")
    place.kafka.create(f"{place.prefix}plain", f"{place.prefix}kept", partitions=2)
    place.alter("kept", "retention.ms", "604800000")
    code, shown = command(
        "import", place.name, "--team", "them", "--topics", f"{place.prefix}*", "--topics-only", "--json"
    )
    assert code == 0
    assert json.loads(shown)["topics"] == 1
    assert command("plan", place.name)[0] == 0
    assert command("import", place.name, "--team", "them")[0] == 2, "an existing file is never touched"
