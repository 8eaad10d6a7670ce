"""The canary's process without a server: what it is told, what it tells, and when it gives up."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataops.failover.canary.__main__ import Canary
from dataops.failover.canary.address import addresses
from dataops.failover.canary.chain import BEGINNING, Head
from dataops.failover.canary.client import Client, Unreached
from dataops.failover.canary.ledger import read
from dataops.failover.canary.ledger_file import LedgerFile
from dataops.failover.canary.options import Options, parse
from dataops.failover.canary.report import Report, Spell, from_line
from dataops.failover.canary.write import Outcome

NOBODY = {"host": "127.0.0.1", "port": "1", "user": "x", "password": "a secret word", "dbname": "x"}


@pytest.fixture
def silent() -> Iterator[dict[str, str]]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield {**NOBODY, "port": str(listening.getsockname()[1])}


def options(folder: Path, *route: dict[str, str], **changes: object) -> Options:
    told = {"sessions": 2, "rate": 100, "readers": 1, "patience": 0.2, **changes}
    return Options(run="run-1", folder=folder, route=route, nodes={"beta": (NOBODY,)}, **told)  # type: ignore[arg-type]


def test_several_hosts_are_tried_one_by_one_each_with_its_port() -> None:
    assert addresses({"host": "a,b", "port": "1,2", "user": "x"}) == (
        {"host": "a", "port": "1", "user": "x"},
        {"host": "b", "port": "2", "user": "x"},
    )
    assert [each["port"] for each in addresses({"host": "a,b,c", "port": "7"})] == ["7", "7", "7"]
    assert addresses({"dbname": "x"}) == ({"dbname": "x"},)
    with pytest.raises(ValueError, match="3 hosts, but 2 ports"):
        addresses({"host": "a,b,c", "port": "1,2"})


def test_options_come_through_and_no_secret_is_an_argument(tmp_path: Path) -> None:
    told = options(tmp_path, NOBODY)
    assert parse(told.argv(), told.environment()) == told
    assert not any("secret" in word for word in told.argv())


def test_reports_come_through() -> None:
    report = Report(1.5, {"writer-1": Head(3, "ab")}, {1: Spell(1.0, None, "no"), 2: Spell(None, None)}, "")
    assert from_line(report.to_line()) == report


def test_an_entry_that_is_not_on_disk_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LedgerFile(tmp_path, "writer-1") as file:
        file.append({"kind": "begin"})
        before = file.head

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space left"):
            file.append({"kind": "write"})
        assert file.head == before != Head(0, BEGINNING)
    with pytest.raises(FileExistsError), LedgerFile(tmp_path, "writer-1"):
        pass


def test_a_server_that_never_answers_costs_no_more_than_patience(silent: dict[str, str]) -> None:
    client = Client([silent, NOBODY], patience=0.1)
    begun = time.monotonic()
    with pytest.raises(Unreached, match=r"does not answer within 0\.1 s; 127\.0\.0\.1:1: Connection refused"):
        client.ask("SELECT 1")
    assert time.monotonic() - begun >= 0.1


def test_a_canary_whose_route_leads_nowhere_keeps_a_ledger_of_failures(tmp_path: Path) -> None:
    ending = threading.Event()
    told: list[bytes] = []

    def hear(line: bytes) -> None:
        told.append(line)
        if all(head.lines > 3 for head in from_line(line).heads.values()):
            ending.set()

    assert Canary(options(tmp_path, NOBODY), ending).run(hear) == 0
    ledger = read(tmp_path, from_line(told[-1]).heads)
    assert ledger.ended
    assert {write.outcome for write in ledger.writes} == {Outcome.FAILED}
    assert {look.node for look in ledger.looks} == {"beta"}
    assert all("Connection refused" in look.reason for look in ledger.looks)


def test_a_canary_that_hangs_on_a_silent_server_still_ends(tmp_path: Path, silent: dict[str, str]) -> None:
    ending = threading.Event()
    canary = Canary(options(tmp_path, silent, readers=0, patience=30.0), ending)
    told: list[bytes] = []

    def hear(line: bytes) -> None:
        told.append(line)
        ending.set()

    assert canary.run(hear) == 0
    assert read(tmp_path, from_line(told[-1]).heads).ended


def test_a_ledger_that_takes_no_more_ends_the_canary_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = LedgerFile.append

    def until_full(file: LedgerFile, entry: dict[str, object]) -> None:
        if file.head.lines == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(file, entry)

    monkeypatch.setattr(LedgerFile, "append", until_full)
    told: list[bytes] = []
    assert Canary(options(tmp_path, NOBODY), threading.Event()).run(told.append) == 1
    assert "No space left on device" in from_line(told[-1]).trouble


@pytest.mark.parametrize(
    ("spells", "since", "begun"),
    [
        ({1: Spell(5.0, 1.0)}, 0.0, 1.0),
        ({1: Spell(5.0, 1.0)}, 2.5, None),
        ({1: Spell(5.0, 1.0)}, 2.0, 2.0),
        ({1: Spell(5.0, 1.0), 2: Spell(5.0, 1.5)}, 0.0, 1.5),
        ({1: Spell(5.0, 1.0), 2: Spell(5.0, 3.0)}, 0.0, None),
        ({1: Spell(5.0, 1.0), 2: Spell(5.0, None, "no")}, 0.0, None),
        ({1: Spell(None, None)}, 0.0, None),
        ({}, 0.0, None),
    ],
)
def test_writes_are_steady_once_every_session_was_well_for_three_seconds(
    spells: dict[int, Spell], since: float, begun: float | None
) -> None:
    assert Report(5.0, {}, spells).good_since(3.0, since) == begun


def test_what_keeps_writes_from_being_steady_is_named() -> None:
    assert Report(1.0, {}, {1: Spell(1.0, 1.0), 2: Spell(0.5, None, "refused")}).why == "session 2: refused"
    assert "no write was acknowledged yet" in Report(1.0, {}, {1: Spell(None, None)}).why
    assert "not for long enough" in Report(1.0, {}, {1: Spell(1.0, 1.0)}).why
