"""Every check of a round stands in the guide, with what to do when it is red."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

GUIDE = (Path(__file__).parents[3] / "docs" / "failover-evidence.md").read_text(encoding="utf-8")
ROOM = Path(__file__).parents[3] / "plugins" / "dataops" / "failover"
CONSTANTS = {
    "round.acts": ("NAME",),
    "round.aborting": ("CLEAN",),
    "round.breaking": ("TOOK_EFFECT", "FENCED"),
    "round.coordinator": ("CLEANED",),
    "round.ending": ("CARRIED",),
    "round.keeping": ("KEPT",),
    "round.mending": ("FOLLOW",),
    "round.proving": ("WRITABLE", "TIMELINES", "REJOINED", "SAME", "STEADY", "SLOTS"),
    "verifying.expecting": ("NAME",),
    "verifying.staying": ("UNREFUSED",),
}


@pytest.mark.parametrize(
    "name",
    [
        getattr(import_module(f"dataops.failover.{module}"), each)
        for module, names in CONSTANTS.items()
        for each in names
    ],
)
def test_a_check_that_a_round_names_stands_in_the_guide(name: str) -> None:
    assert f"*{name}*" in GUIDE


@pytest.mark.parametrize("module", ["verifying/staying.py", "canary/accounting.py", "canary/timing.py"])
def test_so_does_a_check_that_is_named_where_it_is_judged(module: str) -> None:
    checks = re.findall(r'Check\(\s*name="([^"{]+)"', (ROOM / module).read_text(encoding="utf-8"))

    assert checks
    assert [each for each in checks if f"*{each}*" not in GUIDE] == []
