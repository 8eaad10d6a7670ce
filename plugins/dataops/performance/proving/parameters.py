"""What each parameter of a normalised statement stands for: with what it is compared, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dataops.performance.advising.parsing import nodes, parameters_of, parse, walk
from dataops.performance.advising.relations import Relation, Relations
from dataops.performance.advising.scope import Query, Source, queries

_RANGES = frozenset({"<", "<=", ">", ">="})
_COMMUTED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARED = _RANGES | {"=", "<>", "!=", "~~", "~~*", "@>", "&&"}

_WITH_UNIT = frozenset({"date_trunc", "date_part", "extract"})


class Place(StrEnum):
    """Where a parameter stands."""

    COMPARED = "compared"
    LIMIT = "limit"
    OFFSET = "offset"
    UNIT = "unit"
    """The first argument of date_trunc and date_part."""
    ELSEWHERE = "elsewhere"
    """Where it decides about no row: in the list of columns, in SET, in HAVING."""
    UNKNOWN = "unknown"
    """It decides about rows, and nothing says with what it is compared."""


@dataclass(frozen=True)
class Use:
    """What one parameter stands for.

    A compared one is held against ``expression``, SQL over the columns of ``relation`` under ``alias``.
    ``many``: it is an array of such values. ``relative``: it is taken from now, as in ``now() - $1``.
    ``order`` is its place among the values of one list.
    """

    place: Place
    relation: Relation | None = None
    alias: str = ""
    expression: str = ""
    operator: str = ""
    many: bool = False
    relative: bool = False
    order: int = 0


def uses_of(text: str, relations: Relations) -> dict[int, Use]:
    """From each parameter's number to what it stands for. Raises ``Unparsable``."""
    statement = parse(text)
    found = dict.fromkeys(sorted(set(parameters_of(statement))), Use(Place.ELSEWHERE))
    for query in queries(statement, relations):
        for condition in query.conditions:
            found.update(dict.fromkeys(parameters_of(condition), Use(Place.UNKNOWN)))
            found.update(_compared(condition, query))
        found.update(_bounds(query.node))
    found.update(_units(statement))
    return found


def _bounds(node: Any) -> Iterator[tuple[int, Use]]:
    for name, place in (("limitCount", Place.LIMIT), ("limitOffset", Place.OFFSET)):
        for number in parameters_of(getattr(node, name, None)):
            yield number, Use(place)


def _units(statement: Any) -> Iterator[tuple[int, Use]]:
    ast = nodes()
    for node in walk(statement):
        if isinstance(node, ast.FuncCall) and node.funcname[-1].sval in _WITH_UNIT:
            for number in parameters_of(node.args[0]):
                yield number, Use(Place.UNIT)


def _compared(condition: Any, query: Query) -> Iterator[tuple[int, Use]]:
    from pglast.enums import A_Expr_Kind

    ast = nodes()
    for node in walk(condition):
        if not isinstance(node, ast.A_Expr):
            continue
        operator = node.name[-1].sval
        left, right = node.lexpr, node.rexpr
        if node.kind == A_Expr_Kind.AEXPR_BETWEEN:
            yield from _pair(left, right[0], ">=", query)
            yield from _pair(left, right[1], "<=", query)
        elif node.kind == A_Expr_Kind.AEXPR_OP_ANY:
            yield from _pair(left, right, operator, query, many=True)
        elif isinstance(left, ast.RowExpr) and isinstance(right, ast.RowExpr):
            for one, other in zip(left.args, right.args, strict=False):
                yield from _pair(one, other, operator, query)
        elif isinstance(right, tuple):
            for order, each in enumerate(right):
                yield from _pair(left, each, operator, query, order=order)
        else:
            yield from _pair(left, right, operator, query)
            yield from _pair(right, left, _COMMUTED.get(operator, operator), query)


def _pair(
    one: Any, other: Any, operator: str, query: Query, *, many: bool = False, order: int = 0
) -> Iterator[tuple[int, Use]]:
    """The use of the parameter that ``other`` is, if ``one`` is made of columns of one table alone."""
    if operator not in _COMPARED or one is None:
        return
    number, relative = _parameter(other)
    source = _only_source(one, query)
    if number is None or source is None or source.relation is None:
        return
    from pglast.stream import RawStream

    yield (
        number,
        Use(
            Place.COMPARED,
            source.relation,
            source.alias,
            RawStream()(one),
            operator,
            many=many,
            relative=relative,
            order=order,
        ),
    )


def _parameter(node: Any) -> tuple[int | None, bool]:
    """The number of the parameter that an expression is, and whether it is taken from now."""
    ast = nodes()
    if isinstance(node, ast.TypeCast):
        return _parameter(node.arg)
    if isinstance(node, ast.ParamRef):
        return node.number, False
    if isinstance(node, ast.A_Expr) and node.name[-1].sval == "-" and _is_now(node.lexpr):
        return _parameter(node.rexpr)[0], True
    return None, False


def _is_now(node: Any) -> bool:
    ast = nodes()
    if isinstance(node, ast.TypeCast):
        return _is_now(node.arg)
    if isinstance(node, ast.FuncCall):
        return node.funcname[-1].sval in {"now", "clock_timestamp", "statement_timestamp"}
    return isinstance(node, ast.SQLValueFunction)


def _only_source(node: Any, query: Query) -> Source | None:
    """The one table of the query whose columns an expression is made of; None where there are others."""
    ast = nodes()
    if node is None or parameters_of(node):
        return None
    sources: list[Source | None] = []
    for each in walk(node):
        if isinstance(each, ast.SubLink):
            return None
        if isinstance(each, ast.ColumnRef):
            found = query.scope.resolve(each)
            sources.append(found[0] if found else None)
    return sources[0] if sources and all(each is sources[0] for each in sources) else None
