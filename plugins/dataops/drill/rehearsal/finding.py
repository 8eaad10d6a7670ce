"""Queries that pick an object of the database to break: its own where it has one, else the rehearsal's."""

from __future__ import annotations

OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_LAST = "n.nspname = 'rehearsal'"


def _no_member(catalog: str, oid: str) -> str:
    return (
        f"NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '{catalog}'::regclass"
        f" AND d.objid = {oid} AND d.deptype IN ('e', 'i'))"
    )


def relation(kinds: str, where: str = "true", *, order: str = "1") -> str:
    """A relation of one of these kinds (``pg_class.relkind``) as ``$relation``, with its ``$oid``."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "SELECT format('%I.%I', n.nspname, c.relname) AS relation, c.oid"
        " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        f" WHERE c.relkind IN ({listed}) AND {OURS} AND {_no_member('pg_class', 'c.oid')} AND ({where})"
        f" ORDER BY {_LAST}, {order} LIMIT 1"
    )


def column(where: str, *, extra: str = "NULL AS extra") -> str:
    """A column as ``$column`` of ``$relation``; ``a`` is pg_attribute, ``c`` its table, ``t`` its type."""
    return (
        "SELECT format('%I.%I', n.nspname, c.relname) AS relation, quote_ident(a.attname) AS column,"
        f" {extra}"
        " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_type AS t ON t.oid = a.atttypid"
        " WHERE c.relkind = 'r' AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
        f" AND a.attislocal AND a.attinhcount = 0 AND {OURS}"
        f" AND {_no_member('pg_class', 'c.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 1, a.attnum LIMIT 1"
    )


def constraint(kind: str, where: str = "true", *, on: str = "r") -> str:
    """A constraint (``k``) as ``$name`` on ``$relation``, with its whole ``$definition``."""
    return (
        "SELECT quote_ident(k.conname) AS name, format('%I.%I', n.nspname, c.relname) AS relation,"
        " pg_get_constraintdef(k.oid) AS definition"
        " FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        f" WHERE k.contype = '{kind}' AND c.relkind = '{on}' AND NOT c.relispartition AND k.conislocal"
        f" AND k.conparentid = 0 AND {OURS} AND {_no_member('pg_class', 'c.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 2, 1 LIMIT 1"
    )


def index(where: str = "true", *, extra: str = "NULL AS extra") -> str:
    """An index (``i`` is pg_index) that no constraint owns, as ``$name`` on ``$relation``."""
    return (
        "SELECT format('%I.%I', n.nspname, x.relname) AS name, quote_ident(x.relname) AS bare,"
        f" format('%I.%I', n.nspname, c.relname) AS relation, {extra}"
        " FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid"
        " JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = x.relnamespace"
        f" WHERE x.relkind = 'i' AND NOT x.relispartition AND c.relkind IN ('r', 'm') AND {OURS}"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = x.oid)"
        f" AND {_no_member('pg_class', 'c.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 1 LIMIT 1"
    )


def routine(where: str = "true", *, extra: str = "NULL AS extra") -> str:
    """A function, procedure or aggregate (``p`` is pg_proc) as ``$signature``, with its ``$oid``."""
    return (
        "SELECT p.oid, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))"
        f" AS signature, {extra}"
        " FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " JOIN pg_language AS l ON l.oid = p.prolang"
        f" WHERE {OURS} AND {_no_member('pg_proc', 'p.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 2 LIMIT 1"
    )


def trigger(where: str = "true") -> str:
    """A trigger (``g`` is pg_trigger) as ``$name`` on ``$relation``."""
    return (
        "SELECT quote_ident(g.tgname) AS name, format('%I.%I', n.nspname, c.relname) AS relation"
        " FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        f" WHERE NOT g.tgisinternal AND c.relkind = 'r' AND g.tgparentid = 0 AND {OURS}"
        f" AND {_no_member('pg_class', 'c.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 2, 1 LIMIT 1"
    )


def type_of(kind: str, where: str = "true") -> str:
    """A type (``t``) of this ``pg_type.typtype`` as ``$name``, with its ``$oid``."""
    return (
        "SELECT format('%I.%I', n.nspname, t.typname) AS name, t.oid"
        " FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace"
        f" WHERE t.typtype = '{kind}' AND {OURS} AND {_no_member('pg_type', 't.oid')} AND ({where})"
        f" ORDER BY {_LAST}, 1 LIMIT 1"
    )


def named(catalog: str, name: str, where: str = "true", *, extra: str = "NULL AS extra") -> str:
    """A row of a catalog without schemas, as ``$name``; the rehearsal's own come last."""
    return (
        f"SELECT quote_ident({name}) AS name, o.oid, {extra} FROM {catalog} AS o"
        f" WHERE {_no_member(catalog, 'o.oid')} AND ({where})"
        f" ORDER BY {name} LIKE 'rehearsal%', {name} LIMIT 1"
    )


WITH_ROWS = (
    "c.relpersistence = 'p' AND NOT c.relhassubclass AND pg_relation_size(c.oid) BETWEEN 1 AND 64000000"
)
"""A table whose rows can be changed in moments: it holds some, and few enough."""


def table_with_rows(where: str = "true") -> str:
    """The table with the most bytes among those that can be changed in moments, as ``$relation``."""
    return relation("r", f"{WITH_ROWS} AND ({where})", order="pg_relation_size(c.oid) DESC, 1")
