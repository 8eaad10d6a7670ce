"""What does not run is down: saying so twice is no error."""

from __future__ import annotations

from pathlib import Path

from sandbox.home import Home
from sandbox.stop import down


def test_a_sandbox_that_is_down_may_be_told_so_again(tmp_path: Path) -> None:
    home, said = Home(tmp_path / "sandbox"), list[str]()
    down(home, said.append)
    assert said == ["There is no sandbox."]
    home.path.mkdir()
    for _ in range(2):
        down(home, said.append)
    assert said[1:] == ["The sandbox is down."] * 2
