"""What counts as shown by a peer, and that a peer which cannot be asked is told as not measured."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.peers import pgbadger, pghero

EMPTY: dict[str, Any] = {
    "overview": {"duplicate_indexes": [], "sequence_danger": [], "slow_queries": []},
    "pages": {
        "live_queries": [],
        "maintenance": [],
        "settings": {"autovacuum": "on"},
        "replication_lag": 0.2,
    },
}


def told(**pages: Any) -> dict[str, Any]:
    return {**EMPTY, "pages": {**EMPTY["pages"], **pages}}


@pytest.mark.parametrize("code", pghero.SHOWN)
def test_pages_that_are_empty_show_nothing(code: str) -> None:
    assert not pghero.SHOWN[code](EMPTY)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("table-bloat", told(maintenance=[{"table": "bloated", "dead_rows": 5}])),
        ("idle-in-transaction", told(live_queries=[{"source": "idler", "state": "idle in transaction"}])),
        ("replication-lag", told(replication_lag=1.5)),
        ("risky-setting", told(settings={"autovacuum": "off"})),
        (
            "duplicate-index",
            {"overview": {"duplicate_indexes": [{"unneeded_index": {"name": "small_twice"}}]}},
        ),
        ("n-plus-one", told(queries=[{"query": "SELECT note FROM loop WHERE id = $1"}])),
    ],
)
def test_a_page_that_lists_it_shows_it(code: str, shown: dict[str, Any]) -> None:
    assert pghero.SHOWN[code](shown)


def test_another_object_on_the_same_page_is_not_it() -> None:
    assert not pghero.SHOWN["table-bloat"](told(maintenance=[{"table": "small", "dead_rows": 5}]))
    assert not pghero.SHOWN["old-xmin"](
        told(live_queries=[{"source": "idler", "state": "idle in transaction"}])
    )


def test_a_warning_is_explained_by_its_own_problem_alone() -> None:
    shown = {"overview": {"duplicate_indexes": [{"name": "small_twice"}], "slow_queries": [{"query": "x"}]}}
    assert pghero.explained("duplicate-index", "duplicate_indexes", shown)
    assert not pghero.explained("duplicate-index", "slow_queries", shown)
    assert not pghero.explained("jit-overhead", "slow_queries", shown)


def test_without_ruby_pghero_is_not_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pghero.find() == "not measured: Ruby is not installed"


def test_without_its_gem_pghero_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def ruby(argv: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(argv, 3, "", "cannot load such file -- pghero\n")

    monkeypatch.setattr(subprocess, "run", ruby)
    assert pghero.find() == "not measured: PgHero not installed (cannot load such file -- pghero)"


def test_a_pgbadger_that_makes_no_report_has_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuses(argv: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(argv, 0, "", "FATAL: another process is already started")

    monkeypatch.setattr(subprocess, "run", refuses)
    with pytest.raises(pgbadger.Failed, match="another process"):
        pgbadger.tell(tmp_path / "part.log")
