"""Evidence read back from a real store: intact as published, red once somebody touched it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.evidence import publish
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Verdict
from dataops.store import ObjectStore

from tests.integration.cli.conftest import Dataops

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def leave(store: ObjectStore, number: int, verdict: Verdict = Verdict.PASSED) -> str:
    """The key of a published record."""
    check = Check(
        name="rows are equal", verdict=verdict, reason="" if verdict is Verdict.PASSED else "one is lost"
    )
    moment = NOW + timedelta(minutes=number)
    record = Record(
        capability="backup",
        subject="orders",
        environment="sandbox",
        verdict=verdict,
        reason="as expected" if verdict is Verdict.PASSED else "one is lost",
        started=moment,
        finished=moment + timedelta(seconds=5),
        checks=(check,),
    )
    return publish(store, record).key


def test_records_are_listed_newest_first_and_verified(store: ObjectStore, dataops: Dataops) -> None:
    keys = [leave(store, 1), leave(store, 2, Verdict.FAILED), leave(store, 3)]
    code, document = dataops("evidence", "list", "orders", "--verify", "--json")
    assert code == 0
    assert [each["key"] for each in document["records"]] == keys[::-1]
    assert [each["verdict"] for each in document["records"]] == ["passed", "failed", "passed"]
    assert [(each["length"], each["verdict"]) for each in document["chains"]] == [(3, "passed")]
    code, text = dataops("evidence", "list", "--limit", "1")
    assert code == 0
    assert keys[2] in text
    assert keys[1] not in text


def test_a_record_is_shown_with_its_checks(store: ObjectStore, dataops: Dataops) -> None:
    key = leave(store, 1, Verdict.FAILED)
    code, text = dataops("evidence", "show", key, "--verify")
    assert code == 0
    assert "verdict   failed: one is lost" in text
    assert "failed   rows are equal  one is lost" in text
    assert "passed: chain backup/orders, 1 long" in text


def test_a_changed_record_is_red(store: ObjectStore, dataops: Dataops) -> None:
    key = leave(store, 1)
    leave(store, 2)
    assert dataops("evidence", "show", key, "--verify")[0] == 0
    store.put(key, store.get(key).replace(b"as expected", b"as promised"))
    code, text = dataops("evidence", "list", "--verify")
    assert code == 1
    assert f"changed: {key}" in text
    assert dataops("evidence", "show", key, "--verify")[0] == 1


def test_a_record_that_is_no_record_is_a_sentence(store: ObjectStore, dataops: Dataops) -> None:
    key = leave(store, 1)
    store.put(key, b"{}")
    code, document = dataops("evidence", "show", key, "--json")
    assert code == 1
    assert "is no record any more" in document["error"]


def test_nothing_to_verify_is_inconclusive(store: ObjectStore, dataops: Dataops) -> None:
    assert dataops("evidence", "list")[0] == 0
    assert dataops("evidence", "list", "orders", "--verify")[0] == 3
