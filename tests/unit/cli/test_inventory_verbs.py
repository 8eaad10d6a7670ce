"""``dataops inventory`` and ``dataops new``: what they say, and with which exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main

ROOT = Path(__file__).parents[3]
Caught = pytest.CaptureFixture[str]


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A copy of the repository's own servers and databases."""
    folder = tmp_path / "include"
    for name in ("servers", "databases"):
        shutil.copytree(ROOT / "include" / name, folder / name)
    return folder


def document(capsys: Caught) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_a_valid_inventory_is_0_and_one_line(include: Path, capsys: Caught) -> None:
    assert main(["inventory", "check", "--include", str(include)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("1 server and 1 database are valid.\n", "")


def test_scenarios_of_failover_tests_are_checked_too(include: Path, capsys: Caught) -> None:
    shutil.copytree(ROOT / "include" / "failover", include / "failover")
    assert main(["inventory", "check", "--include", str(include)]) == 0
    count = len(list((include / "failover").glob("*.yaml")))
    assert capsys.readouterr().out == f"1 server, 1 database and {count} scenarios are valid.\n"
    with (include / "failover" / "sandbox_crash.yaml").open("a") as stream:
        stream.write("fault: cut_node\n")
    assert main(["inventory", "check", "--include", str(include)]) == 2
    assert "fault: 'cut_node' is nothing that the mode crash breaks" in capsys.readouterr().out


def test_mistakes_are_2_and_grouped_by_file(include: Path, capsys: Caught) -> None:
    with (include / "databases" / "flights.yaml").open("a") as stream:
        stream.write("jobs: 0\ncontent: fully\n")
    assert main(["inventory", "check", "--include", str(include)]) == 2
    assert capsys.readouterr().out == (
        "include/databases/flights.yaml\n"
        "    5  jobs: '0' is too small: at least 1.\n"
        "    6  content: 'fully' is not allowed. Did you mean full? Allowed: full, rotate, definitions.\n"
        "\n"
        "1 server and 0 databases are valid; 2 problems in 1 file.\n"
    )


def test_suites_of_expectations_are_checked_too(include: Path, capsys: Caught) -> None:
    suites = include / "expectations"
    shutil.copytree(ROOT / "include" / "expectations", suites)
    assert main(["inventory", "check", "--include", str(include)]) == 0
    text = (suites / "flights.json").read_text(encoding="utf-8")
    (suites / "flights.json").write_text(text.replace('"column": "passenger"', '"colum": "passenger"'))
    capsys.readouterr()
    assert main(["inventory", "check", "--include", str(include)]) == 2
    assert "kwargs.colum is no argument of this expectation. Allowed: column" in capsys.readouterr().out


def test_with_json_every_mistake_has_its_parts(include: Path, capsys: Caught) -> None:
    with (include / "databases" / "flights.yaml").open("a") as stream:
        stream.write("content: fully\n")
    assert main(["inventory", "check", "--include", str(include), "--json"]) == 2
    answer = document(capsys)
    assert answer["verdict"] == "failed"
    assert answer["problems"] == [
        {
            "path": "include/databases/flights.yaml",
            "line": 5,
            "field": "content",
            "value": "'fully'",
            "message": "is not allowed. Did you mean full?",
            "allowed": ["full", "rotate", "definitions"],
        }
    ]


def test_an_inventory_without_a_server_is_2(include: Path, capsys: Caught) -> None:
    shutil.rmtree(include / "servers")
    shutil.rmtree(include / "databases")
    assert main(["inventory", "check", "--include", str(include)]) == 2
    assert "`dataops new server NAME` writes the first" in capsys.readouterr().out


def test_warnings_do_not_fail(include: Path, capsys: Caught) -> None:
    for name in ("a", "b", "c"):
        text = f"database: {name}\nserver: sandbox\nowner: dba\nschedule: 0 1 * * *\n"
        (include / "databases" / f"{name}.yaml").write_text(text)
    assert main(["inventory", "check", "--include", str(include)]) == 0
    assert capsys.readouterr().out.startswith("warning: include/databases/a.yaml:4: schedule:")


def test_connections_are_looked_for_where_asked(
    include: Path, capsys: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["inventory", "check", "--connections", "--environment", "sandbox", "--include", str(include)]
    ids = ("SANDBOX_PRIMARY", "SANDBOX_STANDBY", "SANDBOX_PGBACKREST", "DATAOPS_ENCRYPTION")
    failover = ("SANDBOX_PRIMARY_HOST", "SANDBOX_STANDBY_HOST", "SANDBOX_ROUTE", "SANDBOX_HAPROXY")
    for name in (*ids, *failover, "FAILOVER_TARGETS"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", "generic://somewhere")
    assert main(arguments) == 0
    monkeypatch.delenv("AIRFLOW_CONN_SANDBOX_STANDBY")
    capsys.readouterr()
    assert main(arguments) == 2
    out = capsys.readouterr().out
    assert "standby Connection 'sandbox_standby' does not exist: set AIRFLOW_CONN_SANDBOX_STANDBY" in out
    assert "failover.nodes.beta.connection Connection 'sandbox_standby' does not exist" in out
    assert "2 problems in 1 file" in out


def test_a_server_that_cannot_be_asked_is_3(
    include: Path, capsys: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SANDBOX_PRIMARY", "postgres://dba:hunter2@127.0.0.1:1/postgres")
    arguments = ["inventory", "check", "--discover", "--environment", "sandbox", "--include", str(include)]
    assert main(arguments) == 3
    out, err = capsys.readouterr()
    assert "sandbox: could not be asked:" in out
    assert "hunter2" not in out + err


def test_new_files_pass_the_check(include: Path, capsys: Caught) -> None:
    assert main(["new", "server", "pay", "--environment", "prod", "--include", str(include)]) == 0
    assert main(["new", "database", "wages", "--server", "pay", "--include", str(include)]) == 0
    assert main(["new", "database", "wages", "--server", "pay", "--include", str(include)]) == 2
    assert "nothing was changed" in capsys.readouterr().err
    assert main(["inventory", "check", "--include", str(include)]) == 0


def test_a_new_server_belongs_to_the_only_environment(
    include: Path, capsys: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAOPS_ENVIRONMENT", raising=False)
    assert main(["new", "server", "pay", "--include", str(include)]) == 0
    assert "environment: sandbox\n" in (include / "servers" / "pay.yaml").read_text()
    assert main(["new", "server", "live", "--environment", "prod", "--include", str(include)]) == 0
    assert main(["new", "server", "more", "--include", str(include)]) == 2
    assert "DATAOPS_ENVIRONMENT is not set" in capsys.readouterr().err


def test_the_schemas_are_written_once(include: Path, capsys: Caught) -> None:
    assert main(["inventory", "schema", "--include", str(include), "--json"]) == 0
    assert len(document(capsys)["changed"]) == 9
    assert main(["inventory", "schema", "--include", str(include), "--json"]) == 0
    assert document(capsys)["changed"] == []
