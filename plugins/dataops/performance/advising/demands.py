"""Reading a statement: which conditions, joins and orders it puts to which table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dataops.performance.advising.demand import Condition, Demand, Key, OrderKey, Role
from dataops.performance.advising.parsing import nodes, parse, walk
from dataops.performance.advising.relations import Relations
from dataops.performance.advising.scope import Query, Scope, Source, queries

_OPERATORS = {
    "=": Role.EQUAL,
    **dict.fromkeys(("<", "<=", ">", ">="), Role.RANGE),
    **dict.fromkeys(("@>", "<@", "&&", "@@", "?", "?|", "?&"), Role.CONTAINS),
}
_COMMUTED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "@>": "<@", "<@": "@>"}

FUNCTIONS = frozenset({"lower", "upper", "md5", "length", "btrim", "ltrim", "rtrim", "reverse", "abs"})
"""Functions of one argument that are immutable for every type that they take: fit for an index."""

Found = tuple[Source, Condition]


def demands(text: str, relations: Relations) -> tuple[Demand, ...]:
    """What the statement asks of each table, a line for each time that it names one.

    Raises ``Unparsable`` for a text that the parser does not understand. A column whose table cannot be told,
    because it is written without one and the tables' columns are not known, is left out.
    """
    found: list[Demand] = []
    for query in queries(parse(text), relations):
        conditions = [each for node in query.conditions for each in conditions_of(node, query.scope)]
        found += [
            _demand(query, source, [made for where, made in conditions if where is source])
            for source in query.scope.sources
            if source.is_table
        ]
        found += _outer(query, conditions)
    return tuple(found)


def _demand(query: Query, source: Source, conditions: Sequence[Condition]) -> Demand:
    order, limited = _order(query, source)
    return Demand(
        schema=_schema(source),
        name=source.name,
        conditions=tuple(dict.fromkeys(conditions)),
        order=order,
        limited=limited,
        columns=_columns(query, source),
    )


def _outer(query: Query, conditions: Iterable[Found]) -> list[Demand]:
    """What a subquery asks of a table of the query around it."""
    own = set(map(id, query.scope.sources))
    outer = [(source, made) for source, made in conditions if id(source) not in own and source.is_table]
    return [Demand(_schema(source), source.name, (made,), columns=None) for source, made in outer]


def _schema(source: Source) -> str | None:
    return source.relation.schema if source.relation else source.schema


def conditions_of(node: Any, scope: Scope) -> Iterator[Found]:
    """The conditions that one expression puts to tables; none where no index could meet it."""
    ast = nodes()

    match node:
        case ast.A_Expr():
            yield from _compared(node, scope)
        case ast.NullTest():
            role = Role.IS_NOT_NULL if node.nulltesttype else Role.IS_NULL
            yield from _alone(node.arg, role, scope)
        case ast.BooleanTest():
            role_of = {0: Role.IS_TRUE, 2: Role.IS_FALSE}
            if int(node.booltesttype) in role_of:
                yield from _alone(node.arg, role_of[int(node.booltesttype)], scope)
        case ast.ColumnRef():
            yield from _alone(node, Role.IS_TRUE, scope)
        case ast.BoolExpr():
            yield from _negated_or_either(node, scope)
        case ast.SubLink():
            yield from _in_subquery(node, scope)


def _alone(argument: Any, role: Role, scope: Scope) -> Iterator[Found]:
    found = key_of(argument, scope)
    if found is not None:
        yield found[0], Condition(found[1], role, operator="")


def _negated_or_either(node: Any, scope: Scope) -> Iterator[Found]:
    from pglast.enums import BoolExprType

    ast = nodes()

    if node.boolop == BoolExprType.NOT_EXPR:
        if isinstance(node.args[0], ast.ColumnRef):
            yield from _alone(node.args[0], Role.IS_FALSE, scope)
        return
    arms = [list(conditions_of(each, scope)) for each in node.args]
    alike = {(id(source), made.key, made.role) for arm in arms for source, made in arm}
    if all(len(arm) == 1 for arm in arms) and len(alike) == 1:  # x = 1 OR x = 2
        source, made = arms[0][0]
        yield source, Condition(made.key, made.role, made.operator, made.joined, several=True)


def _in_subquery(node: Any, scope: Scope) -> Iterator[Found]:
    from pglast.enums import SubLinkType

    if node.subLinkType == SubLinkType.ANY_SUBLINK and node.testexpr is not None and not node.operName:
        found = key_of(node.testexpr, scope)
        if found is not None:
            yield found[0], Condition(found[1], Role.EQUAL, joined=True, several=True)


def _compared(node: Any, scope: Scope) -> Iterator[Found]:
    from pglast.enums import A_Expr_Kind

    ast = nodes()

    operator = node.name[-1].sval
    if node.kind == A_Expr_Kind.AEXPR_BETWEEN:
        yield from _sides(node.lexpr, node.rexpr, ">=", scope, several=False)
    elif node.kind in {A_Expr_Kind.AEXPR_IN, A_Expr_Kind.AEXPR_OP_ANY} and operator == "=":
        yield from _sides(node.lexpr, node.rexpr, operator, scope, several=True)
    elif node.kind == A_Expr_Kind.AEXPR_OP and operator in _OPERATORS:
        left, right = node.lexpr, node.rexpr
        if isinstance(left, ast.RowExpr) and isinstance(right, ast.RowExpr):
            if operator == "=":
                for one, other in zip(left.args, right.args, strict=False):
                    yield from _sides(one, other, operator, scope, several=False)
            return
        yield from _sides(left, right, operator, scope, several=False)
        yield from _sides(right, left, _COMMUTED.get(operator, operator), scope, several=False)


def _sides(one: Any, other: Any, operator: str, scope: Scope, *, several: bool) -> Iterator[Found]:
    """The condition on the table of ``one``, unless ``other`` needs the very same row of it."""
    found = key_of(one, scope)
    if found is None:
        return
    source, key = found
    elsewhere = [scope.resolve(each) for each in _references(other)]
    if any(each is not None and each[0] is source for each in elsewhere):
        return
    yield source, Condition(key, _OPERATORS[operator], operator, joined=bool(elsewhere), several=several)


def key_of(node: Any, scope: Scope) -> tuple[Source, Key] | None:
    """The column, or indexable function of one, that an expression is; None where it is neither."""
    ast = nodes()

    match node:
        case ast.ColumnRef():
            found = scope.resolve(node)
            return (found[0], Key(found[1])) if found else None
        case ast.FuncCall() if len(node.args or ()) == 1 and node.funcname[-1].sval in FUNCTIONS:
            inner = key_of(node.args[0], scope)
            if inner is not None and not inner[1].function:
                return inner[0], Key(inner[1].column, node.funcname[-1].sval)
    return None


def _references(node: Any) -> Iterator[Any]:
    ast = nodes()

    return (each for each in walk(node) if isinstance(each, ast.ColumnRef))


def _order(query: Query, source: Source) -> tuple[tuple[OrderKey, ...], bool]:
    """The order in which rows of the source are wanted, and whether only the first of them are."""
    ast = nodes()

    node = query.node
    if not isinstance(node, ast.SelectStmt):
        return (), False
    least = _least_or_greatest(query, source)
    if least is not None:
        return (least,), True
    keys: list[OrderKey] = []
    for each in node.sortClause or ():
        found = key_of(each.node, query.scope)
        if found is None or found[0] is not source:
            return (), False
        nulls = {1: True, 2: False}.get(int(each.sortby_nulls))
        keys.append(OrderKey(found[1], descending=int(each.sortby_dir) == 2, nulls_first=nulls))
    aggregated = bool(node.groupClause or node.distinctClause)
    return tuple(keys), bool(keys) and node.limitCount is not None and not aggregated


def _least_or_greatest(query: Query, source: Source) -> OrderKey | None:
    """The column of a lone ``min`` or ``max``: an index ends its search after one row."""
    ast = nodes()

    node = query.node
    if node.groupClause or len(node.targetList or ()) != 1:
        return None
    value = node.targetList[0].val
    if not isinstance(value, ast.FuncCall) or value.funcname[-1].sval not in {"min", "max"}:
        return None
    found = key_of(value.args[0], query.scope) if len(value.args or ()) == 1 else None
    return OrderKey(found[1]) if found is not None and found[0] is source else None


def _columns(query: Query, source: Source) -> frozenset[str] | None:
    """The columns of the source that the query names, its subqueries' included; None for ``*``."""
    ast = nodes()

    named: set[str] = set()
    for reference in _references(query.node):
        if isinstance(reference.fields[-1], ast.A_Star):
            if len(reference.fields) == 1 or reference.fields[0].sval == source.alias:
                return None
            continue
        found = query.scope.resolve(reference)
        if found is not None and found[0] is source:
            named.add(found[1])
    return frozenset(named)
