"""One parameter for one literal: what GROUP BY or DISTINCT repeats must be the same expression. Pure.

pg_stat_statements gives every literal a number of its own, so ``SELECT date_trunc('day', at) … GROUP BY
date_trunc('day', at)`` becomes ``date_trunc($1, at) … GROUP BY date_trunc($2, at)``, which PostgreSQL
refuses: it cannot know that both stand for one value (SQLSTATE 42803). So it is with the ORDER BY of a
DISTINCT (42P10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataops.performance.advising.parsing import nodes, parameters_of, parse, walk


def with_equal_groups(text: str) -> str:
    """The text with one number for the literals that are repeated, numbered anew; else as it is."""
    from pglast.stream import RawStream

    ast = nodes()
    tree = parse(text)
    same: dict[int, int] = {}
    for node in walk(tree):
        if isinstance(node, ast.SelectStmt) and (node.groupClause or node.distinctClause):
            same |= _repeated(node)
    if not same:
        return text
    _renumber(tree, same)
    numbers = sorted(set(parameters_of(tree)))
    _renumber(tree, {old: new for new, old in enumerate(numbers, start=1)})
    return str(RawStream()(tree))


def _repeated(select: Any) -> dict[int, int]:
    """From parameters of columns, HAVING and ORDER BY to those of the same expression in GROUP BY.

    For DISTINCT the list of columns takes the place of GROUP BY.
    """
    given = select.groupClause or [each.val for each in select.targetList or ()]
    groups = {shape: numbers for shape, numbers in map(_shape, given) if numbers}
    found: dict[int, int] = {}
    for part in (select.targetList, select.havingClause, select.sortClause):
        for expression in _expressions(part):
            shape, numbers = _shape(expression)
            if numbers and shape in groups:
                found |= dict(zip(numbers, groups[shape], strict=True))
    return {old: new for old, new in found.items() if old != new}


def _expressions(part: Any) -> Iterator[Any]:
    ast = nodes()
    kinds = (ast.FuncCall, ast.A_Expr, ast.TypeCast, ast.CoalesceExpr, ast.CaseExpr, ast.A_ArrayExpr)
    return (node for node in walk(part) if isinstance(node, kinds))


def _shape(expression: Any) -> tuple[str, tuple[int, ...]]:
    """The expression's text without the numbers of its parameters, and those numbers in order."""
    from pglast.stream import RawStream

    numbers = parameters_of(expression)
    text = str(RawStream()(expression))
    for number in sorted(set(numbers), reverse=True):
        text = text.replace(f"${number}", "$")
    return text, numbers


def _renumber(tree: Any, numbers: Mapping[int, int]) -> None:
    ast = nodes()
    for node in walk(tree):
        if isinstance(node, ast.ParamRef):
            node.number = numbers.get(node.number, node.number)
