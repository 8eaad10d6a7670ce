"""Plans by auto_explain: which shape of plan a statement had, how often and for how long."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.normalising import PLACEHOLDER, normalise, tokens, without_literals
from dataops.performance.logs.slowest_entries import slowest, with_calls
from dataops.performance.logs.stamps import TEN_MINUTES, ZONE

_COSTS = r" +\((?:cost|actual|never)[^)]*\)(?: \((?:actual|never)[^)]*\))?"
_NODE = "  (cost)"
_EXPRESSION = re.compile(
    r"(?P<indent>\s*)(?P<label>Filter|(?:Index|Recheck|Hash|Merge|TID) Cond|Join Filter|One-Time Filter"
    r"|Order By|Sort Key|Presorted Key|Group Key|Cache Key): (?P<expression>.*)"
)
_FIRST_NODE = re.compile(f"{_COSTS}$")
_QUERY = "Query Text: "
_WITH = "Query Parameters: "
_PARAMETER = "$p"
"""What a parameter begins with while literals are replaced, so that its number is not taken for one."""
_PARAMETERS = re.compile(r"\$\d+")
_RETURNS = re.compile(r"\(returns (\$\d+(?:, ?\$\d+)*)\)")
_NUMBER = re.compile(r"\d+")
SHAPE_DIGITS = 12


def counted(timed: pl.DataFrame, kept: Collection[str] = ()) -> pl.DataFrame:
    """Plans by ten minutes, database and raw text, without costs, times and row counts.

    With the slowest call of those of ``kept`` databases.
    """
    plan = pl.concat_str(pl.col("action"), pl.lit(": "), pl.col("raw"))
    shape = plan.str.strip_prefix("plan:").str.strip_chars_start().str.replace_all(_COSTS, _NODE)
    bare = without_literals(shape, parameter=_PARAMETER)
    told = pl.when(shape.str.starts_with("{")).then(shape).otherwise(bare)
    shapes = (
        timed
        .with_columns(raw=told, kind=pl.lit(LogKind.PLAN))
        .group_by(TEN_MINUTES, ZONE, "database", "kind", "raw")
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            (pl.col("ms").sum() / 1000).alias("total_seconds"),
            (pl.col("ms").max() / 1000).alias("max_seconds"),
            pl.col("queryid").fill_null(0).first(),
            *slowest(kept),
        )
    )
    return with_calls(shapes, timed, kept)


def call_of(said: str) -> tuple[str, str]:
    """Statement and parameters as auto_explain wrote them, with their values; empty for XML and YAML."""
    text = said.removeprefix("plan:").lstrip()
    if text.startswith("{"):
        try:
            document = json.loads(text)
        except ValueError:
            return "", ""
        return str(document.get("Query Text", "")), str(document.get("Query Parameters", ""))
    if not text.startswith(_QUERY):
        return "", ""
    lines = text.removeprefix(_QUERY).split("\n")
    ends = next((at for at, line in enumerate(lines) if _FIRST_NODE.search(line)), len(lines))
    query, _, parameters = "\n".join(lines[:ends]).partition(f"\n{_WITH}")
    return query, parameters


def read_plan(raw: str) -> tuple[str, str, str]:
    """The statement, the plan for people, and the hash of its shape; plan and hash empty for XML and YAML.

    A parameter that is left in a condition (``$1``) stays: the plan was made for any value. Results of an
    InitPlan are written alike, and are no parameters.
    """
    text = raw.replace(_PARAMETER, "$")
    inner = frozenset(f"${number}" for found in _RETURNS.findall(text) for number in _NUMBER.findall(found))
    statement, lines = _of_json(text, inner) if text.startswith("{") else _of_text(text, inner)
    nodes = "\n".join(line for line, is_node in lines if is_node)
    shape = hashlib.sha256(nodes.encode()).hexdigest()[:SHAPE_DIGITS] if nodes else ""
    return normalise(statement), "\n".join(line for line, _ in lines), shape


def _of_text(raw: str, inner: frozenset[str]) -> tuple[str, list[tuple[str, bool]]]:
    query: list[str] = []
    lines: list[tuple[str, bool]] = []
    for line in raw.removeprefix(_QUERY).split("\n"):
        if line.endswith(_NODE):
            lines.append((line.removesuffix(_NODE), True))
        elif not lines:
            query.append(line)
        elif expression := _EXPRESSION.fullmatch(line):
            lines.append((
                _told(expression["indent"], expression["label"], expression["expression"], inner),
                False,
            ))
    parameters = next((at for at, line in enumerate(query) if line.startswith(_WITH)), None)
    return "\n".join(query[:parameters]), lines


def _of_json(raw: str, inner: frozenset[str]) -> tuple[str, list[tuple[str, bool]]]:
    try:
        document = json.loads(raw)
    except ValueError:
        return "", []
    return document.get("Query Text", ""), list(_lines(document.get("Plan", {}), 0, inner))


def _lines(node: dict[str, Any], depth: int, inner: frozenset[str]) -> Iterator[tuple[str, bool]]:
    name = node.get("Node Type", "?")
    index = f" using {node['Index Name']}" if "Index Name" in node else ""
    relation = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    alias = f" {node['Alias']}" if node.get("Alias") not in {None, node.get("Relation Name")} else ""
    indent = "  " * depth
    yield f"{indent}{'->  ' if depth else ''}{name}{index}{relation}{alias}", True
    for label, value in node.items():
        expression = _EXPRESSION.fullmatch(f"{label}: {value}") if isinstance(value, str) else None
        if expression:
            yield _told(f"{indent}  ", label, expression["expression"], inner), False
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1, inner)


def _told(indent: str, label: str, expression: str, inner: frozenset[str]) -> str:
    parts = [
        text if kind != "literal" or (_PARAMETERS.fullmatch(text) and text not in inner) else PLACEHOLDER
        for kind, text in tokens(expression)
    ]
    return f"{indent}{label}: {''.join(parts).strip()}"
