"""Who may approve: never whoever asked or wrote it, never somebody unknown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from dataops.evidence import approving
from dataops.evidence.verdict import Verdict


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
    found = approving.objection(approvers, requesters, authors)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_answers_are_told_as_checks() -> None:
    assert approving.not_needed("none").checks[0].verdict is Verdict.NOT_APPLICABLE
    given = approving.given("a" * 64, "ana")
    assert (given.checks[0].verdict, given.data["approved"]) == (Verdict.PASSED, "a" * 64)
    assert approving.missing("a" * 64, "ana said no").checks[0].verdict is Verdict.FAILED


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Cem Kaya", "-c", "user.email=cem@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True)


def test_the_author_is_whoever_last_changed_the_file_or_folder(tmp_path: Path) -> None:
    topics = tmp_path / "include" / "kafka" / "main" / "topics" / "flights.yaml"
    topics.parent.mkdir(parents=True)
    topics.write_text("team: flights\n")
    assert approving.authors_of(topics.parent) == ()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Declare")
    assert approving.authors_of(topics.parent) == ("Cem Kaya", "cem@example.org")
    assert approving.authors_of(topics) == ("Cem Kaya", "cem@example.org")
    topics.write_text("team: other\n")
    assert approving.authors_of(topics.parent) == (), "what nobody committed has no author"
