"""docs/kafka.md says what every cause and every line means, and its commands are ones that there are."""

from __future__ import annotations

import re
from pathlib import Path

from dataops.cli.frame import parser
from dataops.kafka.changes import Cause
from dataops.kafka.cluster.role import APPLY
from dataops.kafka.health import health

from tests.unit.kafka.builders import cluster, observed

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDE = (DOCS / "kafka.md").read_text()
EXPLAINED = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)))


def test_every_cause_is_explained() -> None:
    assert {str(each) for each in Cause} <= EXPLAINED


def test_every_line_of_an_evidence_page_is_explained() -> None:
    looks = {check.name for check in health(observed(), cluster(), ())}
    steps = {"check", "plan", "apply", "approve", "apply_approved"}
    parts = {
        f"{name} ({part})"
        for name in ("rights", "broker's own check", "secrets", "changes applied", "read back")
        for part in ("safe", "gated")
    }
    others = {"files", "nothing refused", "approval", "as declared", "look"}
    assert looks | steps | parts | others <= EXPLAINED


def test_every_right_that_the_login_needs_is_named() -> None:
    assert {operation for _, _, operations in APPLY for operation in operations} <= EXPLAINED


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE)
    assert len(links) > 2
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_every_command_of_the_guide_is_one_that_there_is() -> None:
    commands = re.findall(r"^\$ dataops (.+)$", GUIDE, re.MULTILINE)
    commands += re.findall(r"`dataops (kafka \w+ main[^`]*)`", GUIDE)
    assert len(commands) > 4
    for command in commands:
        words = [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|(\S+)', command)]
        parser().parse_args(words)
