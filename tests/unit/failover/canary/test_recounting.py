"""Counting once more from the kept files: the same figures, and no trust in files that were touched."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from dataops.failover.canary.accounting import account
from dataops.failover.canary.chain import heads_from_json, heads_to_json
from dataops.failover.canary.ledger import verified
from dataops.failover.canary.recounting import main, recount
from dataops.failover.canary.schema import Row, Surviving
from dataops.failover.canary.timing import timing
from dataops.failover.marks import Marks

from tests.unit.failover.canary.builders import RUN, file_of, rows, session

WRITES = session("aaaaauffaaaaaaaaaa")
MARKS = Marks(fault=0.55, detected=0.56, promoted=0.7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin = {"kind": "begin", "run": RUN, "name": "writer-1", "session": 1}
    entries = [{"kind": "write", **asdict(write), "warnings": []} for write in WRITES]
    content, head = file_of(begin, *entries, {"kind": "end"})
    (tmp_path / "writer-1.ledger").write_bytes(content)
    (tmp_path / "heads.json").write_text(heads_to_json({"writer-1": head}))
    kept = [write for write in WRITES if write.acknowledged][1:]
    (tmp_path / "surviving.csv").write_text(rows(*kept).to_csv())
    (tmp_path / "moments.json").write_text(json.dumps({"marks": asdict(MARKS), "fork": 50}))
    return tmp_path


def test_the_same_figures_come_out(folder: Path) -> None:
    heads = heads_from_json((folder / "heads.json").read_text())
    ledger = verified({"writer-1": (folder / "writer-1.ledger").read_bytes()}, heads)
    surviving = Surviving.from_csv((folder / "surviving.csv").read_text())
    found = recount(folder, steady=0.5)
    assert found.account == account(ledger, surviving, fork=50)
    assert found.timing == timing(ledger, MARKS, steady=0.5)
    assert found.account.rpo_rows == 1


def test_they_are_printed_with_every_lost_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--steady", "0.5"]) == 0
    said = capsys.readouterr().out
    assert "18 writes of 1 sessions" in said
    assert "rto: 0.4 seconds" in said
    assert 'lost: {"session": 1, "n": 1,' in said


def test_a_ledger_that_was_touched_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "writer-1.ledger"
    file.write_bytes(file.read_bytes().replace(b"acknowledged", b"failed", 1))
    assert main([str(folder)]) == 3
    assert "writer-1.ledger:2" in capsys.readouterr().err


def test_without_the_coordinators_moments_only_the_loss_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "moments.json").unlink()
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out
    assert "rpo rows: 1 rows" in said and "rto" not in said


@pytest.mark.parametrize("name", ["heads.json", "surviving.csv"])
def test_a_folder_without_one_of_its_files_is_refused(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).unlink()
    assert main([str(folder)]) == 2
    assert name in capsys.readouterr().err


def test_surviving_rows_come_back_as_they_were() -> None:
    surviving = Surviving(1.25, (Row(1, 2, 3), Row(4, 5, 6)))
    assert Surviving.from_csv(surviving.to_csv()) == surviving
    assert Surviving.from_csv(Surviving(1.0, ()).to_csv()) == Surviving(1.0, ())
    with pytest.raises(ValueError, match="no list"):
        Surviving.from_csv("a,b\n1,2\n")
