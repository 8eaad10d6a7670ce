"""What the command line says: one answer on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def say(line: str) -> None:
    """A line of progress, on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def answer(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """The one answer of a verb, on stdout: the JSON document, or the text for people."""
    sys.stdout.write((json.dumps(document, indent=2, default=str) if as_json else text.rstrip("\n")) + "\n")
    sys.stdout.flush()


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows in columns as wide as their widest cell; nothing is cut, since what is cut is what one needs."""
    lines = [heads, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def size(count: float) -> str:
    """Bytes as people read them: ``1.5 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
