"""Which commit of the repository ran, read from Git's own files: workers need no git program."""

from __future__ import annotations

from pathlib import Path


def git_commit(inside: Path) -> str | None:
    """The commit that is checked out around this path, as 40 hexadecimal digits; None outside a checkout."""
    for folder in (inside, *inside.parents):
        entry = folder / ".git"
        if entry.exists():
            return _head(_git_folder(entry))
    return None


def _git_folder(entry: Path) -> Path:
    """A worktree has a file there, which names its folder."""
    if entry.is_dir():
        return entry
    return (entry.parent / entry.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()


def _head(git: Path) -> str | None:
    head = _text(git / "HEAD")
    if not head.startswith("ref: "):
        return head or None
    name = head.removeprefix("ref: ")
    shared = git / _text(git / "commondir") if (git / "commondir").exists() else git
    return _text(git / name) or _text(shared / name) or _packed(shared / "packed-refs", name)


def _packed(file: Path, name: str) -> str | None:
    for line in _text(file).splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return None


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
