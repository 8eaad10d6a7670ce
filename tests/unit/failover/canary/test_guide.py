"""The guide of the canary: its recipe works on a real file, and its example is a ledger's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from dataops.failover.canary.chain import next_chain

from tests.unit.failover.canary.builders import file_of

GUIDE = (Path(__file__).parents[4] / "docs" / "failover-canary.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)
    return str(found)


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", block("python"), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_its_recipe_gives_the_head_of_a_file_and_sees_a_change(tmp_path: Path) -> None:
    content, head = file_of({"kind": "begin"}, {"kind": "write", "n": 1, "reason": "Verbindung verloren"})
    file = tmp_path / "writer-1.ledger"
    file.write_bytes(content)
    assert checked(file).stdout.strip() == head.chain
    file.write_bytes(content.replace(b"verloren", b"gehalten"))
    assert "this line was changed" in checked(file).stderr


def test_its_example_is_two_lines_of_a_real_ledger() -> None:
    first, second = re.findall(r"^([0-9a-f]{64}) (\{.*\})$", GUIDE, flags=re.MULTILINE)
    assert next_chain(first[0], second[1].encode()) == second[0]
