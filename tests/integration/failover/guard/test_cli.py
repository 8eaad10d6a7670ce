"""``dataops failover guard --once``, ``--finish`` and ``stop``, as a person or cron calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main
from dataops.failover import journaling, lever
from dataops.failover.journal import Phase
from dataops.failover.journaling import Journal, lease_name
from dataops.store import ObjectStore, lease

from tests.integration.failover.guard.pager import FakePager
from tests.unit.failover.builders import IDENTIFIER
from tests.unit.failover.guard.simulation import told

SERVER = """
server: main
environment: staging
connection: main
owner: dba
failover:
  nodes:
    alpha: {connection: main_alpha, host: main_alpha_host}
    beta: {connection: main_beta, host: main_beta_host}
  route: {connection: main_route}
"""


@pytest.fixture
def call(
    store: ObjectStore,
    pager: FakePager,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Call the command line; its exit code and its answer."""
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "main.yaml").write_text(SERVER)
    connection = store.connection
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "staging")
    monkeypatch.setenv("DATAOPS_BUCKET", store.bucket)
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path / "spool"))
    said = {
        "conn_type": connection.type,
        "login": connection.login,
        "password": connection.password,
        "extra": dict(connection.extra),
    }
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_STORE", json.dumps(said))
    paged = {"conn_type": "http", "host": "127.0.0.1", "port": pager.port, "schema": "http"}
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_PAGER", json.dumps(paged))

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["failover", *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_the_lever_is_pulled_and_released_with_a_reason(
    call: Callable[..., tuple[int, dict[str, Any]]], store: ObjectStore
) -> None:
    code, answer = call("stop", "--reason", "a real incident")
    assert (code, answer["verdict"], answer["lever"]["pulled"]) == (0, "passed", True)
    found = lever.standing(store)
    assert found is not None and found.why == "a real incident" and "process" in found.who
    code, answer = call("stop", "--release")
    assert (code, answer["lever"]["pulled"]) == (0, False)
    assert lever.standing(store) is None


def test_a_look_at_a_quiet_platform_passes(call: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    code, answer = call("guard", "--once")
    assert (code, answer) == (
        0,
        {"verdict": "passed", "evidence": None, "servers": ["main"], "acted": []},
    )


def test_a_look_that_saw_nothing_is_inconclusive(
    call: Callable[..., tuple[int, dict[str, Any]]], store: ObjectStore
) -> None:
    store.put(journaling.key("main"), "{")
    code, answer = call("guard", "--once")
    assert (code, answer["verdict"]) == (3, "inconclusive")
    assert "Nobody knows whether a test is open on main" in answer["error"]


def test_a_look_that_finds_a_dead_round_acts_and_is_red_and_a_person_may_finish_it(
    call: Callable[..., tuple[int, dict[str, Any]]], store: ObjectStore, pager: FakePager
) -> None:
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        journal = Journal.open(store, told(Phase.PREPARED), held=held, lease=15, longest=900)
        journal.advance(Phase.COMMITTED)
    code, answer = call("guard", "--once")  # its connections are missing: it can only page
    assert (code, answer["verdict"]) == (1, "failed")
    ((acted),) = answer["acted"]
    assert (acted["server"], acted["settled"]) == ("main", False)
    assert len(pager.requests) == 1
    assert "does not exist" in pager.pages[0]["text"]

    assert call("guard", "--finish", "main")[0] == 2
    code, answer = call("guard", "--finish", "main", "--reason", "alpha is well, I looked")
    assert (code, answer["verdict"]) == (3, "inconclusive")
    assert call("guard", "--once")[0] == 0
    assert call("guard", "--finish", "main", "--reason", "again")[0] == 2


def test_a_server_whose_file_is_wrong_is_not_passed_over(
    call: Callable[..., tuple[int, dict[str, Any]]], store: ObjectStore, tmp_path: Path
) -> None:
    (tmp_path / "servers" / "other.yaml").write_text(SERVER.replace("server: main", "server: other"))
    file = tmp_path / "servers" / "main.yaml"
    file.write_text(SERVER.replace("route:", "rout:"))
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        Journal.open(store, told(Phase.PREPARED), held=held, lease=15, longest=900)
    code, answer = call("guard", "--once")
    assert (code, answer["verdict"]) == (3, "inconclusive")
    assert "A test of 'crash' stands open on 'main', and no valid file" in answer["error"]
    (tmp_path / "servers" / "other.yaml").unlink()
    code, answer = call("guard", "--once")
    assert code == 2
    assert "nothing to guard. include/servers/main.yaml" in answer["error"]


def test_a_trial_page_says_who_took_it(
    call: Callable[..., tuple[int, dict[str, Any]]], pager: FakePager
) -> None:
    code, answer = call("guard", "--page")
    assert (code, answer["taken"]) == (0, "dataops_pager")
    assert pager.titles == ["A trial page of the guard (staging)"]
    pager.answers += [403]
    code, answer = call("guard", "--page")
    assert (code, answer["verdict"]) == (1, "failed")
    assert "it answered 403" in answer["reason"]
