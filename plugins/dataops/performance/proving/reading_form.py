"""An UPDATE or DELETE as the SELECT that finds its rows: a role that may only read can plan that. Pure.

The planner adds nothing for writing the rows that were found, so the costs are the same.
"""

from __future__ import annotations

from typing import Any

from dataops.performance.advising.parsing import nodes, parse, walk


def reading_form(text: str) -> str:
    """The text, or for an UPDATE or DELETE the SELECT with its tables and conditions.

    Parameters are numbered anew, since those of SET are gone. Raises ``Unparsable``.
    """
    from pglast.stream import RawStream

    ast = nodes()
    tree: Any = parse(text)
    if not isinstance(tree, ast.UpdateStmt | ast.DeleteStmt) or _writes_inside(tree):
        return text
    others = tree.fromClause if isinstance(tree, ast.UpdateStmt) else tree.usingClause
    found = ast.SelectStmt(
        targetList=(ast.ResTarget(val=ast.A_Const(val=ast.Integer(ival=1))),),
        fromClause=(tree.relation, *(others or ())),
        whereClause=tree.whereClause,
        withClause=tree.withClause,
    )
    parameters = [node for node in walk(found) if isinstance(node, ast.ParamRef)]
    numbers = {old: new for new, old in enumerate(sorted({node.number for node in parameters}), start=1)}
    for node in parameters:
        node.number = numbers[node.number]
    return str(RawStream()(found))


def _writes_inside(tree: Any) -> bool:
    """Whether a query of its WITH writes too: then there is no form that only reads."""
    ast = nodes()
    writing = ast.UpdateStmt | ast.DeleteStmt | ast.InsertStmt
    return any(isinstance(node, writing) for node in walk(tree) if node is not tree)
