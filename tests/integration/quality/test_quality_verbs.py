"""``dataops quality profile`` and ``run`` against a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def include(tmp_path: Path, shop: str, primary: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory with the shop."""
    folder = tmp_path / "include"
    (folder / "servers").mkdir(parents=True)
    (folder / "databases").mkdir()
    (folder / "servers" / "main.yaml").write_text(
        "server: main\nenvironment: test\nconnection: main_primary\nowner: tests\n"
    )
    (folder / "databases" / "shop.yaml").write_text(
        f"database: shop\nserver: main\nowner: tests\ndbname: {shop}\n"
    )
    monkeypatch.setenv("AIRFLOW_CONN_MAIN_PRIMARY", primary.dsn().replace("postgresql://", "postgres://"))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    monkeypatch.setenv("DATAOPS_INCLUDE", str(folder))
    return folder


def test_a_suite_is_started_then_belongs_to_people_and_can_be_run_anywhere(
    include: Path, shop: str, primary: Any, capsys: Caught
) -> None:
    assert main(["quality", "profile", "shop"]) == 0
    path = include / "expectations" / "shop.json"
    assert f"Wrote {path}" in capsys.readouterr().out
    before = path.read_bytes()
    assert main(["quality", "profile", "shop"]) == 2
    assert path.read_bytes() == before
    assert main(["quality", "profile", "shop", "--force"]) == 0
    assert path.read_bytes() == before
    capsys.readouterr()

    broken = primary.create_database("quality", template=shop)
    assert main(["quality", "run", "shop", "--dsn", primary.dsn(shop)]) == 0
    primary.execute("UPDATE orders SET price = -3 WHERE id = 5", dbname=broken)
    capsys.readouterr()
    assert main(["quality", "run", "shop", "--dsn", primary.dsn(broken)]) == 1
    assert "failed: public.orders: price lies in its range: expected 0 to 990" in capsys.readouterr().out
    assert main(["quality", "run", "shop", "--dsn", primary.dsn(broken), "--json"]) == 1
    answered = json.loads(capsys.readouterr().out)
    assert answered["verdict"] == "failed"
    assert [each["verdict"] for each in answered["tables"]] == ["passed", "passed", "failed", "passed"]


def test_a_server_has_no_suite_of_its_own(include: Path, capsys: Caught) -> None:
    assert main(["quality", "profile", "main"]) == 2
    assert "main is a server" in capsys.readouterr().err
