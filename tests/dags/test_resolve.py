"""Connections as Airflow keeps them are those that the command line reads, and their secrets are masked."""

from __future__ import annotations

import json

import pytest
from airflow.sdk._shared.secrets_masker import redact  # ruff: ignore[import-private-name]
from dataops.airflow.resolve import resolve
from dataops.connections import from_environment
from dataops.errors import ConfigurationError

JSON = {
    "conn_type": "postgres",
    "host": "db.example.org",
    "port": 5433,
    "login": "backup",
    "password": "canary-connection-secret",
    "schema": "orders",
    "extra": {"sslmode": "verify-full"},
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(JSON),
        "postgres://backup:canary-connection-secret@db.example.org:5433/orders?sslmode=verify-full",
    ],
    ids=["json", "uri"],
)
def test_airflow_and_the_command_line_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIN_PRIMARY", text)
    assert resolve("main_primary") == from_environment("main_primary")
    assert resolve("main_primary").port == 5433


def test_a_resolved_password_is_masked_in_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "xyzzy-never-seen-before"
    monkeypatch.setenv("AIRFLOW_CONN_MAIN_PRIMARY", json.dumps({**JSON, "password": secret}))
    resolve("main_primary")
    assert redact(f"connecting with {secret}") == "connecting with ***"


def test_a_missing_connection_says_where_to_make_it() -> None:
    with pytest.raises(ConfigurationError, match="'nowhere' does not exist: create it under Admin"):
        resolve("nowhere")
