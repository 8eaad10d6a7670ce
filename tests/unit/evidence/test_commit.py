"""The commit that ran is read from Git's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.evidence.commit import git_commit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    "files",
    [
        {"HEAD": COMMIT},
        {"HEAD": "ref: refs/heads/main", "refs/heads/main": COMMIT},
        {"HEAD": "ref: refs/heads/main", "packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main"},
    ],
    ids=["detached", "loose", "packed"],
)
def test_a_checkout_names_its_commit(tmp_path: Path, files: dict[str, str]):
    for name, text in files.items():
        write(tmp_path / ".git" / name, text)
    write(tmp_path / "plugins" / "module.py", "")
    assert git_commit(tmp_path / "plugins" / "module.py") == COMMIT


def test_a_worktree_names_its_own_commit(tmp_path: Path):
    worktree = tmp_path / "main" / ".git" / "worktrees" / "side"
    write(worktree / "HEAD", "ref: refs/heads/side")
    write(worktree / "commondir", "../..")
    write(tmp_path / "main" / ".git" / "refs/heads/side", COMMIT)
    write(tmp_path / "side" / ".git", f"gitdir: {worktree}")
    assert git_commit(tmp_path / "side") == COMMIT


def test_outside_a_checkout_there_is_none(tmp_path: Path):
    write(tmp_path / ".git" / "HEAD", "ref: refs/heads/unborn")
    assert git_commit(tmp_path) is None
