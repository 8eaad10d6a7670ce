"""Which statements of a window read or write a table: those that losing an index may make slower. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataops.performance.advising import Unparsable
from dataops.performance.advising.parsing import nodes, parse, walk
from dataops.performance.window import SectionName, Window

MOST = 20
"""Statements of one table that are tried, those with the most time."""


def statements_of(window: Window) -> tuple[str, ...] | None:
    """Texts of the window's statements, most time first; None where they were not measured."""
    section = window.section(SectionName.STATEMENTS)
    if not section.quality.measurable or section.totals.is_empty():
        return None
    rows = section.totals.select("text", "exec_seconds").drop_nulls().sort("exec_seconds", descending=True)
    return tuple(dict.fromkeys(rows["text"].to_list()))


def naming(texts: tuple[str, ...], table: str) -> Iterator[str]:
    """Those of the texts that name a table of this name, in whatever schema, at most ``MOST``."""
    ast, left = nodes(), MOST
    for text in texts:
        if left and table.lower() in text.lower() and _names(text, table, ast.RangeVar):
            left -= 1
            yield text


def _names(text: str, table: str, kind: Any) -> bool:
    try:
        return any(isinstance(node, kind) and node.relname == table for node in walk(parse(text)))
    except Unparsable:
        return False
