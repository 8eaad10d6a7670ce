"""The frame of the command line: exit codes, one JSON document, no traceback and no secret."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import frame
from dataops.cli.answer import size, table
from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError

ROOT = Path(__file__).parents[3]
Caught = pytest.CaptureFixture[str]


def run(error: BaseException | None, *, as_json: bool = False) -> int:
    """The exit code of a verb that raises this."""

    def verb(arguments: argparse.Namespace) -> int:
        if error:
            raise error
        return 0

    return frame._run(argparse.Namespace(run=verb, json=as_json, verbose=False))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (DataOpsError("It is full."), 1),
        (ConfigurationError("It is wrong."), 2),
        (InconclusiveError("Nobody knows."), 3),
        (KeyboardInterrupt(), 130),
        (RuntimeError("password=hunter2"), 3),
    ],
)
def test_each_end_has_its_exit_code_and_no_traceback(
    error: BaseException | None, code: int, capsys: Caught
) -> None:
    assert run(error) == code
    out, err = capsys.readouterr()
    assert not out
    assert bool(err) is bool(code)
    assert "Traceback" not in err
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DataOpsError("It is full."), "failed"),
        (InconclusiveError("Nobody knows."), "inconclusive"),
        (OSError(), "inconclusive"),
    ],
)
def test_with_json_an_error_is_one_document_too(error: Exception, verdict: str, capsys: Caught) -> None:
    run(error, as_json=True)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["verdict"], document["evidence"]) == (verdict, None)
    assert document["error"]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["backup"],
        ["backup", "run"],
        ["backup", "run", "flights", "--type", "half"],
        ["backup", "restore", "flights"],
        ["inventory", "cheque"],
        ["evidence", "show"],
        ["new", "topic", "x"],
    ],
)
def test_wrong_usage_is_2_and_says_what_is_possible(argv: list[str], capsys: Caught) -> None:
    assert frame.main(argv) == 2
    assert "usage: dataops" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    [
        "inventory check",
        "inventory schema",
        "new server",
        "new database",
        "backup run",
        "backup list",
        "backup expire",
        "backup restore",
        "watch",
        "sweep",
        "failover plan",
        "evidence list",
        "evidence show",
    ],
)
def test_every_verb_explains_itself_and_answers_json(verb: str, capsys: Caught) -> None:
    assert frame.main([*verb.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert "--json" in told
    assert re.search(r"\n\n[A-Z].+\.\n\n", told, re.DOTALL), "a sentence of its own stands below its usage"


def test_without_an_environment_nothing_is_touched(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    monkeypatch.delenv("DATAOPS_ENVIRONMENT", raising=False)
    assert frame.main(["backup", "run", "flights", "--include", str(ROOT / "include")]) == 2
    told = capsys.readouterr().err
    assert "DATAOPS_ENVIRONMENT is not set" in told
    assert "The files name: sandbox." in told


@pytest.mark.parametrize(
    "verb", ["watch", "sweep", "evidence list", "backup list flights", "report show flights"]
)
def test_nothing_is_done_for_an_environment_that_no_file_names(verb: str, capsys: Caught) -> None:
    include = ["--include", str(ROOT / "include"), "--environment", "sandbx"]
    assert frame.main([*verb.split(), *include]) == 2
    assert "'sandbx'. Did you mean sandbox?" in capsys.readouterr().err


def test_an_unknown_subject_is_told_with_the_nearest(capsys: Caught) -> None:
    include = ["--include", str(ROOT / "include"), "--environment", "sandbox"]
    assert frame.main(["backup", "run", "flihgts", *include]) == 2
    assert "Did you mean flights?" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m dataops.cli inventory check --json | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_sigterm_leaves_through_every_finally(tmp_path: Path) -> None:
    script = tmp_path / "verb.py"
    script.write_text(
        "import argparse, sys, time\n"
        "from dataops.cli import frame, inventory_verbs\n"
        "def verb(arguments):\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        "        for _ in range(600):\n"
        "            time.sleep(0.1)  # a signal just before one long sleep would be heard after it\n"
        "    finally:\n"
        "        print('cleaned up', flush=True)\n"
        "inventory_verbs.run_check = verb\n"
        "sys.exit(frame.main(['inventory', 'check']))\n"
    )
    child = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    assert child.stdout.read() == "cleaned up\n"
    assert child.wait(timeout=30) == 143
    assert time.monotonic() - began < 30


def test_tables_cut_nothing_and_sizes_are_readable() -> None:
    assert table(("A", "B"), [("long cell", 1)]) == "A          B\nlong cell  1"
    assert [size(0), size(1023), size(1536), size(3 << 40)] == ["0 B", "1023 B", "1.5 KiB", "3.0 TiB"]


def test_the_guide_names_every_verb() -> None:
    guide = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert [verb for verb in _verbs(frame.parser()) if verb not in guide] == []


def _verbs(parser: argparse.ArgumentParser, path: str = "") -> list[str]:
    """Every verb of the command line, with the words that lead to it."""
    groups = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        return [path]
    return [
        verb for name, below in groups[0].choices.items() for verb in _verbs(below, f"{path} {name}".strip())
    ]
