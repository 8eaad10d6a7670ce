"""SQL that ships with the package reaches every server, whatever its encoding."""

from __future__ import annotations

from pathlib import Path

import dataops

SCRIPTS = sorted(Path(dataops.__file__).parent.rglob("*.sql"))


def test_packaged_sql_is_plain_ascii() -> None:
    """A server converts a statement with its comments, and fails on what its own encoding lacks."""
    assert len(SCRIPTS) > 100
    assert [script.name for script in SCRIPTS if not script.read_bytes().isascii()] == []
