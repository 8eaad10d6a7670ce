"""The queries that a statement consists of, and which table a column in each of them belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dataops.performance.advising.parsing import nodes
from dataops.performance.advising.relations import Relation, Relations


@dataclass(frozen=True)
class Source:
    """One entry of a query's FROM. ``relation`` is None for subqueries, views and what is not known."""

    alias: str
    schema: str | None = None
    name: str = ""
    relation: Relation | None = None

    @property
    def is_table(self) -> bool:
        """Whether it is named as a table; it may be a view."""
        return bool(self.name)


@dataclass(frozen=True)
class Scope:
    """What a column's name may mean inside one query; ``outer`` is the query around it."""

    sources: tuple[Source, ...]
    outer: Scope | None = None

    def resolve(self, reference: Any) -> tuple[Source, str] | None:
        """The source and the column of a ColumnRef; None where that cannot be told."""
        names = [str(field.sval) for field in reference.fields if hasattr(field, "sval")]
        if len(names) < len(reference.fields):  # a star
            return None
        if len(names) == 1:
            return self._unqualified(names[0])
        column, table = names[-1], names[-2]
        schema = names[-3] if len(names) > 2 else None
        for source in self.sources:
            if source.alias == table and (schema is None or source.schema in {schema, None}):
                return source, column
        return self.outer.resolve(reference) if self.outer else None

    def _unqualified(self, column: str) -> tuple[Source, str] | None:
        known = [source for source in self.sources if source.relation and source.relation.knows(column)]
        if len(known) == 1:
            return known[0], column
        open_ = [source for source in self.sources if not source.relation or source.relation.columns is None]
        if not known and len(open_) == 1 and (len(self.sources) == 1 or self.outer is None):
            return open_[0], column
        if not known and not open_ and self.outer is not None:
            return self.outer._unqualified(column)
        return None


@dataclass(frozen=True)
class Query:
    """One level of a statement: its node, its scope, and the conditions that must all be met."""

    node: Any
    scope: Scope
    conditions: tuple[Any, ...]


def queries(statement: Any, relations: Relations) -> Iterator[Query]:
    """Every SELECT, UPDATE, DELETE and INSERT of a statement, with the subqueries inside them."""
    yield from _Reading(relations).read(statement, None, frozenset())


@dataclass(frozen=True)
class _Reading:
    relations: Relations

    def read(self, node: Any, outer: Scope | None, named: frozenset[str]) -> Iterator[Query]:
        """``named`` are the names of WITH queries, which hide tables."""
        ast = nodes()

        if node is None:
            return
        clause = getattr(node, "withClause", None)
        if clause is not None:
            named |= {each.ctename for each in clause.ctes}
            for each in clause.ctes:
                yield from self.read(each.ctequery, outer, named)
        if isinstance(node, ast.SelectStmt) and node.op:
            yield from self.read(node.larg, outer, named)
            yield from self.read(node.rarg, outer, named)
            return
        if not isinstance(node, ast.SelectStmt | ast.UpdateStmt | ast.DeleteStmt | ast.InsertStmt):
            return
        entries = _entries(node)
        conditions = [*_conjuncts(getattr(node, "whereClause", None))]
        for each in entries:
            conditions += _join_conditions(each)
        sources = [source for each in entries for source in self._sources(each, named)]
        scope = Scope(tuple(sources), outer)
        yield Query(node, scope, tuple(conditions))
        for inner in _subqueries(node):
            yield from self.read(inner, scope, named)

    def _sources(self, entry: Any, named: frozenset[str]) -> Iterator[Source]:
        ast = nodes()

        match entry:
            case ast.RangeVar():
                alias = entry.alias.aliasname if entry.alias else entry.relname
                if entry.schemaname is None and entry.relname in named:
                    yield Source(alias)
                else:
                    found = self.relations.find(entry.schemaname, entry.relname)
                    yield Source(alias, entry.schemaname, entry.relname, found)
            case ast.JoinExpr():
                yield from self._sources(entry.larg, named)
                yield from self._sources(entry.rarg, named)
            case _:
                alias = getattr(entry, "alias", None)
                yield Source(alias.aliasname if alias else "")


def _entries(node: Any) -> tuple[Any, ...]:
    """What a query reads or writes: its FROM, and the table of an UPDATE, DELETE or INSERT."""
    ast = nodes()

    match node:
        case ast.SelectStmt():
            return tuple(node.fromClause or ())
        case ast.UpdateStmt():
            return (node.relation, *(node.fromClause or ()))
        case ast.DeleteStmt():
            return (node.relation, *(node.usingClause or ()))
        case _:
            return (node.relation,)


def _conjuncts(expression: Any) -> Iterator[Any]:
    from pglast.enums import BoolExprType

    ast = nodes()

    if isinstance(expression, ast.BoolExpr) and expression.boolop == BoolExprType.AND_EXPR:
        for each in expression.args:
            yield from _conjuncts(each)
    elif expression is not None:
        yield expression


def _join_conditions(entry: Any) -> list[Any]:
    ast = nodes()

    if not isinstance(entry, ast.JoinExpr):
        return []
    using = [_using(entry, each.sval) for each in entry.usingClause or ()]
    return [
        *_conjuncts(entry.quals),
        *(each for each in using if each is not None),
        *_join_conditions(entry.larg),
        *_join_conditions(entry.rarg),
    ]


def _using(join: Any, column: str) -> Any:
    """``left.column = right.column``, as USING means it; None where a side is itself a join or nameless."""
    from pglast.enums import A_Expr_Kind

    ast = nodes()

    sides = []
    for side in (join.larg, join.rarg):
        alias = getattr(side, "alias", None)
        name = alias.aliasname if alias else getattr(side, "relname", None)
        if name is None:
            return None
        sides.append(ast.ColumnRef(fields=(ast.String(sval=name), ast.String(sval=column))))
    return ast.A_Expr(kind=A_Expr_Kind.AEXPR_OP, name=(ast.String(sval="="),), lexpr=sides[0], rexpr=sides[1])


def _subqueries(node: Any) -> Iterator[Any]:
    """The queries directly inside a query: in FROM, in conditions, in its list of columns."""
    ast = nodes()

    for name in node:
        if name != "withClause":
            yield from _inside(getattr(node, name), ast)


def _inside(part: Any, ast: Any) -> Iterator[Any]:
    if isinstance(part, tuple | list):
        for each in part:
            yield from _inside(each, ast)
    elif isinstance(part, ast.SelectStmt):
        yield part
    elif isinstance(part, ast.Node):
        for name in part:
            yield from _inside(getattr(part, name), ast)
