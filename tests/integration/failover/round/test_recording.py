"""The evidence of a test: parts of the round as its steps, its charts, and its place among earlier tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from dataops.evidence import publish
from dataops.evidence.picture import Picture
from dataops.evidence.record import Record
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.job import Job
from dataops.failover.recording import record_of
from dataops.failover.scenario import Promise
from dataops.store import ObjectStore

from tests.conftest import ObjectStoreServer

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(object_store_server: ObjectStoreServer) -> ObjectStore:
    return ObjectStore.from_connection(object_store_server.connection(), object_store_server.bucket())


def job(store: ObjectStore) -> Job:
    return cast(
        "Job",
        SimpleNamespace(
            platform=SimpleNamespace(store=store, environment="test"),
            name="crash",
            owner="shop-team",
            git_commit="",
            scenario=SimpleNamespace(objectives=Promise(rto=timedelta(seconds=10))),
        ),
    )


def recorded(store: ObjectStore, rto: float, verdict: Verdict = Verdict.PASSED) -> Record:
    parts = [
        {"name": name, "started": NOW.isoformat(), "finished": NOW.isoformat(), "verdict": "passed"}
        for name in ("prepare", "break and promote")
    ]
    picture = Picture(title="What clients saw", svg="<svg/>")
    store.put("failover/cell/rounds/x/failover/chart.json", picture.model_dump_json())
    report = StepReport(
        step="test",
        started=NOW,
        finished=NOW + timedelta(seconds=20),
        checks=(Check(name="fault took effect", verdict=verdict),),
        figures=(Figure(name="rto", value=rto, unit="seconds"),),
        data={
            "hash": "ab" * 32,
            "run": "x",
            "parts": parts,
            "charts": ["failover/cell/rounds/x/failover/chart.json", "failover/gone.json"],
        },
    )
    record = record_of(job(store), [report])
    publish(store, record)
    return record


def test_a_record_holds_the_round_and_says_how_it_compares_with_those_before(store: ObjectStore) -> None:
    first = recorded(store, 1.0)
    recorded(store, 30.0, Verdict.FAILED)  # what was red measured something else
    for rto in (1.2, 1.1):
        recorded(store, rto)
    last = recorded(store, 2.5)

    assert [step.name for step in first.steps] == ["prepare", "break and promote"]
    assert [picture.title for picture in first.pictures] == ["What clients saw"]
    assert first.lineage.plan_hash == "ab" * 32
    assert first.objectives.rto_seconds == 10
    assert "trend" not in first.details
    assert str(last.details["trend"]).startswith(
        "RTO 2.5 s; the median of 3 earlier passed tests is 1.1 s: 2.3"
    )
