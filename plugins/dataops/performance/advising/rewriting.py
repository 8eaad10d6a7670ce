"""The same question asked so that an index can answer it: rewrites of a statement. Pure.

Only forms that are known to keep an index from being used. Whether a rewrite gives the same rows, and is
faster, is for ``dataops.performance.proving`` to find out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dataops.performance.advising.candidates import index_candidates
from dataops.performance.advising.index_advice import index_advice
from dataops.performance.advising.parsing import Unparsable, nodes, parse, walk
from dataops.performance.advising.relations import Relations
from dataops.performance.advising.rewritten import Rewritten
from dataops.performance.advising.scope import Query, queries
from dataops.performance.finding import Advice


@dataclass(frozen=True)
class Rewrite:
    """One other form of a statement, why it is better, and when it would not give the same rows."""

    text: str
    because: str
    caution: str


def rewrites(text: str, relations: Relations) -> tuple[Rewrite, ...]:
    """Other forms of a SELECT; empty where none is known, and where the text cannot be parsed."""
    try:
        count = sum(1 for _ in _rewritable(parse(text), relations))
    except Unparsable:
        return ()
    return tuple(_nth(text, relations, place) for place in range(count))


def rewrite_advice(text: str, relations: Relations) -> tuple[Advice, ...]:
    """Advice to ask a statement in another form, each with the index that the new form asks for, if any."""
    return tuple(_advice(text, each, relations) for each in rewrites(text, relations))


def _advice(text: str, rewrite: Rewrite, relations: Relations) -> Advice:
    candidates = index_candidates(rewrite.text, relations)
    index = index_advice(candidates[0], relations, statement=rewrite.text) if candidates else None
    new = Rewritten(rewrite.text, index.sql if index else "")
    beside = f" Beside it: {index.sentence}" if index else ""
    return Advice(
        sentence=f"Write the statement in another form: {rewrite.because}.{beside}",
        sql=new.sql,
        cost=f"A change of the application. {rewrite.caution}{' ' + index.cost if index else ''}",
        undo=f"The statement as it was.{' ' + index.undo if index else ''}",
        verify="Compare the rows of both forms, and the statement's time in the report of the next night.",
        statement=text,
    )


@dataclass(frozen=True)
class _Place:
    """A condition of a tree that has a better form."""

    old: Any
    new: Any
    because: str
    caution: str


def _nth(text: str, relations: Relations, place: int) -> Rewrite:
    """The text with its ``place``-th rewritable condition in its better form; a tree of its own each time."""
    from pglast.stream import RawStream

    tree = parse(text)
    found = list(_rewritable(tree, relations))[place]
    _put(tree, found.old, found.new)
    return Rewrite(str(RawStream()(tree)), found.because, found.caution)


def _put(tree: Any, old: Any, new: Any) -> None:
    for node in walk(tree):
        for name in node:
            value = getattr(node, name)
            if value is old:
                setattr(node, name, new)
            elif isinstance(value, tuple) and any(each is old for each in value):
                setattr(node, name, tuple(new if each is old else each for each in value))


def _rewritable(tree: Any, relations: Relations) -> Iterator[_Place]:
    ast = nodes()
    if not isinstance(tree, ast.SelectStmt):
        return
    for query in queries(tree, relations):
        for condition in query.conditions:
            yield from _day(condition, query)
            yield from _not_in(condition, query)


def _day(condition: Any, query: Query) -> Iterator[_Place]:
    """``at::date = x`` is ``at >= x AND at < x + 1``, which an index on ``at`` can answer."""
    from pglast.enums import A_Expr_Kind

    ast = nodes()
    if not isinstance(condition, ast.A_Expr) or condition.kind != A_Expr_Kind.AEXPR_OP:
        return
    if condition.name[-1].sval != "=":
        return
    for one, other in ((condition.lexpr, condition.rexpr), (condition.rexpr, condition.lexpr)):
        moment = _cast_to_date(one)
        found = query.scope.resolve(moment) if moment is not None else None
        if found is None or any(isinstance(each, ast.ColumnRef) for each in walk(other)):
            continue
        type_ = found[0].relation.type(found[1]) if found[0].relation else ""
        if type_ and not type_.startswith("timestamp"):
            continue
        day = _as_date(other)
        next_day = _operation("+", day, ast.A_Const(val=ast.Integer(ival=1)))
        yield _Place(
            condition,
            _both(_operation(">=", moment, day), _operation("<", moment, next_day)),
            because=f"a range of {found[1]} can use an index, its date cannot",
            caution="The same rows, as long as both forms run in one time zone.",
        )
        return


def _not_in(condition: Any, query: Query) -> Iterator[_Place]:
    """``x NOT IN (SELECT y …)`` as NOT EXISTS, which the planner can turn into an anti join."""
    from pglast.enums import BoolExprType, SubLinkType

    ast = nodes()
    if not isinstance(condition, ast.BoolExpr) or condition.boolop != BoolExprType.NOT_EXPR:
        return
    link = condition.args[0]
    if not isinstance(link, ast.SubLink) or link.subLinkType != SubLinkType.ANY_SUBLINK or link.operName:
        return
    outer = query.scope.resolve(link.testexpr) if isinstance(link.testexpr, ast.ColumnRef) else None
    inner = _plain_column(link.subselect)
    if outer is None or inner is None or outer[0].alias == inner[0]:
        return
    subselect = link.subselect
    same = _operation("=", _column(inner[0], inner[1]), _column(outer[0].alias, outer[1]))
    exists = ast.SubLink(
        subLinkType=SubLinkType.EXISTS_SUBLINK,
        subselect=ast.SelectStmt(
            targetList=(ast.ResTarget(val=ast.A_Const(val=ast.Integer(ival=1))),),
            fromClause=subselect.fromClause,
            whereClause=_both(subselect.whereClause, same) if subselect.whereClause else same,
        ),
    )
    yield _Place(
        condition,
        ast.BoolExpr(boolop=BoolExprType.NOT_EXPR, args=(exists,)),
        because="NOT EXISTS can become a join, NOT IN looks through the list for every row",
        caution=f"With a null in {inner[1]} NOT IN gives no row at all, NOT EXISTS those without a match.",
    )


def _plain_column(select: Any) -> tuple[str, str] | None:
    """Alias and column of a subquery that lists one column of one table and nothing more."""
    ast = nodes()
    if not isinstance(select, ast.SelectStmt) or len(select.targetList or ()) != 1:
        return None
    if len(select.fromClause or ()) != 1 or not isinstance(select.fromClause[0], ast.RangeVar):
        return None
    more = (select.op, select.groupClause, select.limitCount, select.limitOffset, select.withClause)
    value, table = select.targetList[0].val, select.fromClause[0]
    if any(more) or not isinstance(value, ast.ColumnRef) or isinstance(value.fields[-1], ast.A_Star):
        return None
    return (table.alias.aliasname if table.alias else table.relname), value.fields[-1].sval


def _cast_to_date(node: Any) -> Any:
    """The column whose date is taken; None for any other expression."""
    ast = nodes()
    inner = None
    if isinstance(node, ast.TypeCast) and node.typeName.names[-1].sval == "date":
        inner = node.arg
    elif isinstance(node, ast.FuncCall) and node.funcname[-1].sval == "date" and len(node.args or ()) == 1:
        inner = node.args[0]
    return inner if isinstance(inner, ast.ColumnRef) else None


def _as_date(node: Any) -> Any:
    ast = nodes()
    name = ast.TypeName(names=(ast.String(sval="date"),), typemod=-1)
    return ast.TypeCast(arg=node, typeName=name)


def _operation(operator: str, left: Any, right: Any) -> Any:
    from pglast.enums import A_Expr_Kind

    ast = nodes()
    return ast.A_Expr(kind=A_Expr_Kind.AEXPR_OP, name=(ast.String(sval=operator),), lexpr=left, rexpr=right)


def _both(one: Any, other: Any) -> Any:
    from pglast.enums import BoolExprType

    return nodes().BoolExpr(boolop=BoolExprType.AND_EXPR, args=(one, other))


def _column(alias: str, name: str) -> Any:
    ast = nodes()
    return ast.ColumnRef(fields=(ast.String(sval=alias), ast.String(sval=name)))
