"""Airflow's API on a busy host: what only reads is asked again, and no answer is told in a sentence."""

from __future__ import annotations

import io
import urllib.request
from typing import Any

import pytest

from sandbox.airflow_server import TRIES, AirflowClient, NoAnswer
from sandbox.errors import ServiceFailed


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of an API that answers the third time something is read."""
    paths: list[str] = []

    def answer(request: urllib.request.Request, timeout: float) -> Any:
        paths.append(f"{request.get_method()} {request.selector}")
        if request.selector == "/auth/token":
            return io.BytesIO(b'{"access_token": "t"}')
        if request.selector == "/dead" or paths.count(paths[-1]) < 3:
            raise TimeoutError("timed out")
        return io.BytesIO(b'{"dags": []}')

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return paths


def test_what_only_reads_is_asked_again(asked: list[str]) -> None:
    assert AirflowClient("http://airflow.test", "admin", "secret").get("/api/v2/dags") == {"dags": []}
    assert asked == ["POST /auth/token", *["GET /api/v2/dags"] * 3]


def test_what_changes_something_is_never_asked_twice(asked: list[str]) -> None:
    with pytest.raises(NoAnswer, match="did not answer POST /api/v2/dags/a/dagRuns"):
        AirflowClient("http://airflow.test", "admin", "secret").call("POST", "/api/v2/dags/a/dagRuns", {})
    assert asked.count("POST /api/v2/dags/a/dagRuns") == 1


def test_a_dead_api_is_a_failed_service(asked: list[str]) -> None:
    with pytest.raises(ServiceFailed, match="make status"):
        AirflowClient("http://airflow.test", "admin", "secret").get("/dead")
    assert asked.count("GET /dead") == TRIES
