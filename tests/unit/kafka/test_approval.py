"""Who may approve, and what they are shown: never whoever asked or wrote it, never somebody unknown."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from dataops.evidence.verdict import Verdict
from dataops.kafka import approval
from dataops.kafka.changes import Change, DeleteTopic, Part, Plan, Risk, SetConfig
from dataops.kafka.observed import Stake

PLAN = Plan("main", "id", "prod", "", "f" * 64)
DELETION = Change(
    DeleteTopic("flights.old", "id-old"),
    Risk.DESTRUCTIVE,
    "All of it goes.",
    "irreversible",
    stake=Stake(messages=1200, written=1200, bytes=5_000_000, groups=()),
)
SLOWER = Change(
    SetConfig("flights.delays", "id", "min.insync.replicas", "1", "2"),
    Risk.DISRUPTIVE,
    "Writes.",
    "Set it back.",
)


@pytest.mark.parametrize(
    ("approvers", "requesters", "authors", "told"),
    [
        (["ana"], ["ben"], ["Cem", "cem@example.org"], ""),
        (["ana"], [], ["cem@example.org"], ""),
        ([], ["ben"], ["cem"], "nobody can tell who approved"),
        (["ana"], None, ["cem"], "nobody can tell who started"),
        (["ana"], ["Ana"], ["cem"], "the approver started this run"),
        (["ana"], ["ben"], [], "nobody can tell who wrote"),
        (["cem"], ["ben"], ["Cem Kaya", "cem@example.org"], "the approver wrote"),
        (["17", "Cem Kaya"], ["ben"], ["cem kaya", "ck@example.org"], "the approver wrote"),
        (["cem@corp.example"], [], ["cem@example.org"], "the approver wrote"),
    ],
)
def test_four_eyes(approvers: list[str], requesters: list[str] | None, authors: list[str], told: str) -> None:
    found = approval.objection(approvers, requesters, authors)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_the_worst_case_comes_first_and_names_what_would_be_lost() -> None:
    shown = approval.request(replace(PLAN, gated=Part((DELETION, SLOWER), "a" * 64)), link="http://x/dags/y")
    first = shown.splitlines()[0]
    assert first.startswith("**Worst case: data is lost for good: topic flights.old")
    assert "1,200" in first
    assert "`aaaaaaaaaaaa`" in shown
    assert "http://x/dags/y" in shown
    assert "flights.delays" in shown


def test_without_a_destructive_change_no_data_is_at_risk() -> None:
    assert "No data is lost" in approval.worst_case(replace(PLAN, gated=Part((SLOWER,), "a" * 64)))


def test_answers_are_told_as_checks() -> None:
    assert approval.not_needed("none").checks[0].verdict is Verdict.NOT_APPLICABLE
    given = approval.given("a" * 64, "ana")
    assert (given.checks[0].verdict, given.data["approved"]) == (Verdict.PASSED, "a" * 64)
    assert approval.missing("a" * 64, "ana said no").checks[0].verdict is Verdict.FAILED


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Cem Kaya", "-c", "user.email=cem@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True)


def test_the_author_is_whoever_last_changed_the_files_of_the_cluster(tmp_path: Path) -> None:
    topics = tmp_path / "include" / "kafka" / "main" / "topics" / "flights.yaml"
    topics.parent.mkdir(parents=True)
    topics.write_text("team: flights\n")
    assert approval.authors_of(tmp_path / "include", "main") == ()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Declare")
    assert approval.authors_of(tmp_path / "include", "main") == ("Cem Kaya", "cem@example.org")
    topics.write_text("team: other\n")
    assert approval.authors_of(tmp_path / "include", "main") == (), "what nobody committed has no author"
