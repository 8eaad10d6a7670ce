"""A database with every type that PostgreSQL ships, over as many tables as wanted, none like the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import psycopg2

SHIPPED = """
SELECT format_type(t.oid, NULL) FROM pg_type AS t LEFT JOIN pg_type AS element ON element.oid = t.typelem
WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
    AND NOT (t.typcategory = 'A' AND element.typtype IN ('c', 'p'))
ORDER BY t.oid
"""
"""Base types, ranges, multiranges and arrays of all of them, but not of the catalogs' own rows."""

NO_INPUT = {
    *("pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "gtsvector"),
    *("pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"),
}
"""Types of the server's own, which take no values: a column of them holds nulls."""

LITERALS = {
    "aclitem": ("postgres=r/postgres",),
    "bit": ("1", "0"),
    "bit varying": ("101", ""),
    "boolean": ("true", "false"),
    "box": ("((1,2),(3,4))", "((0,0),(0,0))"),
    "bytea": (r"\xdeadbeef", ""),
    '"char"': ("a", "~"),
    "character": ("x", " "),
    "character varying": ("it's", 'naïve "quoted"', ""),
    "cid": ("7", "0"),
    "cidr": ("10.0.0.0/8", "2001:db8::/32"),
    "circle": ("<(1,2),3>", "<(0,0),0>"),
    "date": ("2013-01-01", "infinity", "0044-03-15 BC"),
    "double precision": ("0.1", "-0", "NaN", "Infinity", "1e-300"),
    "inet": ("192.168.0.1/24", "::1"),
    "int2vector": ("1 2 3", ""),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "regclass": ("pg_class", "-"),
    "regcollation": ('"C"',),
    "regconfig": ("english",),
    "regdictionary": ("simple",),
    "regnamespace": ("pg_catalog",),
    "regoper": ("||/",),
    "regoperator": ("+(integer,integer)",),
    "regproc": ("now",),
    "regprocedure": ("sum(integer)",),
    "regrole": ("postgres",),
    "regtype": ("integer", "timestamp with time zone"),
    "smallint": ("-32768", "32767"),
    "interval": ("1 mon", "30 days", "-1 year 2 days 03:04:05.678901"),
    "json": ('{"a": 1, "a": 2}', "[1,  2]", "null"),
    "jsonb": ('{"a": 1.0, "b": []}', "1.00", '"x"'),
    "jsonpath": ("$.a[*]", "strict $"),
    "line": ("{1,2,3}",),
    "lseg": ("[(1,2),(3,4)]",),
    "macaddr": ("08:00:2b:01:02:03",),
    "macaddr8": ("08:00:2b:01:02:03:04:05",),
    "money": ("12.34", "-0.01"),
    "name": ("a name",),
    "numeric": ("1.5", "1.50", "NaN", "-Infinity", "1e-40"),
    "oid": ("0", "4294967295"),
    "oidvector": ("1 2", ""),
    "path": ("((1,2),(3,4))", "[(1,2)]"),
    "pg_lsn": ("16/B374D848", "0/0"),
    "pg_snapshot": ("10:20:10,14,15",),
    "point": ("(1,2)", "(-0,NaN)"),
    "polygon": ("((0,0),(1,1),(2,0))",),
    "real": ("0.1", "-0", "NaN"),
    "refcursor": ("cursor",),
    "text": ("", "line\nbreak", "\t", "ﬀ", "🙂"),
    "tid": ("(1,2)",),
    "time without time zone": ("04:05:06.789", "24:00:00"),
    "time with time zone": ("04:05:06+02", "23:59:60-15:59"),
    "timestamp without time zone": ("2013-01-01 00:00:00", "-infinity"),
    "timestamp with time zone": ("2013-03-10 02:30:00 America/New_York", "infinity"),
    "tsquery": ("fat & (rat | cat)",),
    "tsvector": ("'a':1A 'fat':2B,4C",),
    "txid_snapshot": ("10:20:10,14,15",),
    "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",),
    "xid": ("3", "4294967295"),
    "xid8": ("18446744073709551615",),
    "xml": ("<a>b</a>", "x<b/>y"),
    "int4range": ("[1,5)", "empty"),
    "int8range": ("(,10]",),
    "numrange": ("[1.5,2.50)", "(,)"),
    "tsrange": ("[2013-01-01,2014-01-01)",),
    "tstzrange": ("[2013-01-01 00:00+00,)",),
    "daterange": ("[2013-01-01,2013-02-01)",),
    "int4multirange": ("{[1,3),[5,9)}", "{}"),
    "int8multirange": ("{[1,3)}",),
    "nummultirange": ("{[1.0,2.0]}",),
    "tsmultirange": ("{[2013-01-01,2014-01-01)}",),
    "tstzmultirange": ("{[2013-01-01 00:00+00,)}",),
    "datemultirange": ("{[2013-01-01,2013-02-01)}",),
}
"""What PostgreSQL's documentation shows of each type, with the values that are easily lost on the way."""

COLUMNS = 8
SCHEMAS = 12


def shipped(dsn: str) -> list[str]:
    """Every type of this server that a column can have and a dump can carry."""
    with closing(psycopg2.connect(dsn)) as session, session.cursor() as cursor:
        cursor.execute(SHIPPED)
        return [name for (name,) in cursor.fetchall()]


def unknown(types: Sequence[str]) -> set[str]:
    """Types that take values of which there is none here: the generator must learn them."""
    return {kind.removesuffix("[]") for kind in types} - LITERALS.keys() - NO_INPUT


def script(types: Sequence[str], tables: int) -> Iterator[str]:
    """Statements that make so many tables over all the types, with keys, indexes, views, comments, grants."""
    yield "SET client_min_messages = warning; SET TimeZone = 'UTC'"
    for number in range(SCHEMAS):
        yield f'CREATE SCHEMA "schema {number}"'
    for number in range(tables):
        yield from _table(
            number, [types[(number * COLUMNS + place) % len(types)] for place in range(COLUMNS)]
        )


def _table(number: int, types: Sequence[str]) -> Iterator[str]:
    name = f'"schema {number % SCHEMAS}"."Table {number}"'
    columns = ", ".join(f'"c {place}" {kind}' for place, kind in enumerate(types))
    key = "id serial PRIMARY KEY" if number % 3 else "id int GENERATED ALWAYS AS IDENTITY"
    yield f"CREATE TABLE {name} ({key}, {columns})"
    for row in range(3):
        values = ", ".join(_value(kind, row) for kind in types)
        names = ", ".join(f'"c {place}"' for place in range(len(types)))
        yield f"INSERT INTO {name} ({names}) VALUES ({values})"
    if number % 5 == 0:
        yield f'CREATE INDEX "Index {number}" ON {name} (id DESC) WHERE id > 1'
    if number % 7 == 0:
        yield f'CREATE VIEW "schema {number % SCHEMAS}"."View {number}" AS SELECT * FROM {name}'
    if number % 11 == 0:
        yield f"COMMENT ON TABLE {name} IS 'table {number}; it''s one of many'"
    if number % 13 == 0:
        yield f"GRANT SELECT ON {name} TO PUBLIC; ALTER TABLE {name} ALTER id SET STATISTICS 7"


def _value(kind: str, row: int) -> str:
    """A literal of the type; the last row holds nulls."""
    element = kind.removesuffix("[]")
    if row == 2 or element in NO_INPUT:
        return "NULL"
    known = LITERALS[element]
    literal = known[row % len(known)]
    quoted = "'" + literal.replace("'", "''") + "'"
    if kind.endswith("[]"):
        return f"ARRAY[{quoted}::{element}, NULL]::{kind}"
    return f"{quoted}::{kind}"
