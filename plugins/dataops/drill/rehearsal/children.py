"""Programs that this process started: a rehearsal ends one of its own, and no other."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def end_child(names: set[str], word: str) -> bool:
    """Kill a child of this process by its program's name and a word of its command line; whether one was."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                said = (entry / "stat").read_text(encoding="utf-8")
                name = said[said.index("(") + 1 : said.rindex(")")]
                parent = int(said.rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if parent == os.getpid() and name in names and _meant(words, word):
                    os.kill(int(entry.name), signal.SIGKILL)
                    return True
    return False


def _meant(words: list[str], word: str) -> bool:
    """Whether it restores: pg_restore that fills a database, or pgBackRest's command of that name."""
    return word in words or any(each.startswith(("--dbname=", "-d")) for each in words[1:])
