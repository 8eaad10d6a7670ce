"""One text of SQL for all major versions of PostgreSQL: a line may say from or up to which one it holds.

A line that ends in ``-- since 17`` is left out for servers before 17, one that ends in ``-- until 16`` for
servers after 16; ``-- since 16, until 17`` means both. Lines without such a remark are always there.
"""

from __future__ import annotations

import re

OLDEST, NEWEST = 14, 18
"""The majors for which the lines are written. A newer server is asked as the newest known one."""

_REMARK = re.compile(r"\s*--\s*(?:since (?P<since>\d+))?(?:, )?(?:until (?P<until>\d+))?\s*$")


def for_major(text: str, major: int) -> str:
    """The SQL for a server of this major version, without the remarks."""
    asked = min(major, NEWEST)
    return "\n".join(_REMARK.sub("", line) for line in text.splitlines() if _holds(line, asked))


def _holds(line: str, major: int) -> bool:
    remark = _REMARK.search(line)
    if remark is None:
        return True
    since, until = remark["since"], remark["until"]
    return (since is None or int(since) <= major) and (until is None or major <= int(until))
