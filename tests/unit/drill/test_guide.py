"""docs/drills.md says of every check what its red line means, and its commands are ones that there are."""

from __future__ import annotations

import re
from pathlib import Path

from dataops.cli.frame import parser
from dataops.drill.checks.registry import registered
from dataops.drill.rehearsal.library import FAULTS

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDE = (DOCS / "drills.md").read_text()
EXPLAINED = {
    name.partition(":")[0]
    for line in GUIDE.splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`([^`]+)`", line.split("|")[1])
}


def test_every_check_is_explained() -> None:
    assert {check.name for check in registered()} <= EXPLAINED


def test_every_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", GUIDE):
        text = (DOCS / target).read_text() if target else GUIDE
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not heading or heading in headings, (target, heading)


def test_every_command_of_the_guide_is_one_that_there_is() -> None:
    commands = re.findall(r"^\$ (?:PGPASSWORD=… )?dataops (.+)$", GUIDE, re.MULTILINE)
    assert len(commands) > 5
    for command in commands:
        words = [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|(\S+)', command)]
        parser().parse_args(words)
    (fault,) = re.findall(r'--only "([^"<]+)"', GUIDE)
    assert fault in {each.title for each in FAULTS}
