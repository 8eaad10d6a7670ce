"""What people are told about a run, read from real evidence in a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dataops.airflow import subjects
from dataops.airflow.notify import Notify
from dataops.evidence import publish
from dataops.evidence.record import Lineage, Record
from dataops.evidence.verdict import Verdict
from dataops.store import ObjectStore

from tests.conftest import ObjectStoreServer
from tests.integration.airflow.conftest import Webhook

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def recorded(
    object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str, Verdict], None]:
    """Leaves the evidence of a run, as its task ``evidence`` does."""
    bucket = object_store_server.bucket()
    connection = object_store_server.connection()
    as_airflow = {
        "conn_type": connection.type,
        "login": connection.login,
        "password": connection.password,
        "extra": dict(connection.extra),
    }
    for kind in ("servers", "databases"):
        (tmp_path / kind).mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_STORE", json.dumps(as_airflow))
    monkeypatch.setenv("DATAOPS_BUCKET", bucket)
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    subjects._read_once.cache_clear()
    store = ObjectStore.from_connection(connection, bucket)
    minutes = iter(range(1000))

    def leave(run_id: str, verdict: Verdict) -> None:
        started = NOON + timedelta(minutes=next(minutes))
        record = Record(
            capability="backup",
            subject="orders",
            environment="test",
            verdict=verdict,
            reason=f"The reason of {run_id}.",
            started=started,
            finished=started + timedelta(seconds=9),
            lineage=Lineage(run_id=run_id),
        )
        assert not publish(store, record, spool=tmp_path / "spool").spooled

    return leave


def ended(run_id: str, *, red: bool) -> None:
    """Airflow says that the run ended so."""
    notifier = Notify(capability="backup", subject="orders", owner="data-team", red=red)
    notifier({"run_id": run_id, "reason": "task_failure" if red else "success"})


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_a_red_run_is_told_with_its_reason_and_evidence(
    recorded: Callable[[str, Verdict], None], webhook: Webhook, verdict: Verdict
) -> None:
    recorded("one", verdict)
    ended("one", red=True)
    (text,) = webhook.texts
    assert f"backup of orders (test): {verdict.value}" in text
    assert "The reason of one." in text
    assert "http://airflow.test:8080/dataops/evidence/backup/orders/2026/11/23/" in text
    assert "http://airflow.test:8080/dags/backup__orders" in text


def test_green_after_green_is_no_news(recorded: Callable[[str, Verdict], None], webhook: Webhook) -> None:
    recorded("one", Verdict.PASSED)
    ended("one", red=False)
    recorded("two", Verdict.PASSED)
    ended("two", red=False)
    assert webhook.texts == []


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_the_first_green_run_after_a_red_one_is_told_once(
    recorded: Callable[[str, Verdict], None], webhook: Webhook, verdict: Verdict
) -> None:
    recorded("one", verdict)
    recorded("two", Verdict.PASSED)
    ended("two", red=False)
    recorded("three", Verdict.PASSED)
    ended("three", red=False)
    (text,) = webhook.texts
    assert "recovered" in text
    assert f"before it was {verdict.value}" in text


def test_a_run_that_died_before_its_evidence_is_told_too(
    recorded: Callable[[str, Verdict], None], webhook: Webhook
) -> None:
    recorded("one", Verdict.PASSED)
    ended("two, whose worker was lost", red=True)
    (text,) = webhook.texts
    assert "inconclusive" in text
    assert "The run left no evidence (task_failure)." in text


def test_evidence_that_says_passed_does_not_hush_a_failed_run(
    recorded: Callable[[str, Verdict], None], webhook: Webhook
) -> None:
    recorded("one", Verdict.PASSED)
    ended("one", red=True)
    (text,) = webhook.texts
    assert "inconclusive" in text
    assert "Airflow ended the run as failed" in text


def test_a_store_that_cannot_be_read_does_not_hush_a_failed_run(
    recorded: Callable[[str, Verdict], None], webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_BUCKET", "no-such-bucket")
    ended("one", red=True)
    (text,) = webhook.texts
    assert "its evidence cannot be read" in text
