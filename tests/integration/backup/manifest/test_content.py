"""The content hash: blind to nothing that the dump's text would show, and to nothing else but order."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest
from dataops.backup.manifest.compare import differences
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.tables import content_statements, dumped_tables

from tests.conftest import DatabaseServer

SCHEMA = """
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN price AS numeric;
CREATE DOMAIN state AS mood;
CREATE DOMAIN list AS int[];
CREATE DOMAIN couple AS pair;
CREATE DOMAIN code AS char(4);
CREATE DOMAIN long_code AS code;
CREATE DOMAIN big AS bigint;
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE here (); CREATE TABLE there ();
"""

DIFFER = [
    # the type's own hash folds 64 bits to 32
    ("bigint", "1", "4294967296"),
    ("bigint", "-1", "-4294967297"),
    ("big", "1", "4294967296"),
    ("timestamp", "2000-01-01 00:00:00.000001", "2000-01-01 01:11:34.967296"),
    ("timestamptz", "2000-01-01 00:00:00.000001+00", "2000-01-01 01:11:34.967296+00"),
    ("time", "00:00:00.000001", "01:11:34.967296"),
    ("timetz", "12:00:00+00", "13:00:00+01"),
    ("pg_lsn", "0/1", "1/0"),
    ("xid8", "1", "4294967296"),
    # equal by the type's own equality, printed differently
    ("numeric", "1.5", "1.50"),
    ("numeric", "0", "0.0"),
    ("numeric(10,2)", "1", "1.01"),
    ("price", "1.5", "1.50"),
    ("float8", "0", "-0"),
    ("float4", "0", "-0"),
    ("interval", "1 mon", "30 days"),
    ("interval", "1 day", "24:00:00"),
    ("bpchar", "a", "a "),
    ("text COLLATE any_case", "a", "A"),
    ("varchar COLLATE any_case", "a", "A"),
    ("char(3) COLLATE any_case", "a", "A"),
    ("citext", "a", "A"),
    ("jsonb", "1", "1.0"),
    ("numeric[]", "{1.0}", "{1.00}"),
    ("numrange", "[1,2)", "[1.0,2)"),
    ("nummultirange", "{[1,2)}", "{[1.0,2)}"),
    ("point", "(0,0)", "(-0,0)"),
    # the type's own hash ignores part of the value
    ("numeric", "1.5", "-1.5"),
    ("numeric", "NaN", "Infinity"),
    ("numeric", "Infinity", "-Infinity"),
    ("numeric", "1e100", "1e104"),
    ("float8", "NaN", "Infinity"),
    ("float8", "1", "1.0000000000000002"),
    ("float4", "1", "1.0000001"),
    # types without a hash, or whose hash is over OIDs
    ("json", '{"a":1}', '{"a": 1}'),
    ("xml", "<a/>", "<a></a>"),
    ("point", "(1,2)", "(2,1)"),
    ("path", "[(0,0),(1,1)]", "((0,0),(1,1))"),
    ("box", "(1,1),(0,0)", "(1,2),(0,0)"),
    ("circle", "<(0,0),1>", "<(0,0),2>"),
    ("bit(3)", "101", "100"),
    ("varbit", "10", "100"),
    ("money", "1.00", "1.01"),
    ("tsvector", "a:1", "a:2"),
    ("tsquery", "a & b", "a | b"),
    ("jsonpath", "$.a", "$.b"),
    ("mood", "sad", "glad"),
    ("state", "sad", "glad"),
    ("mood[]", "{sad}", "{glad}"),
    ("regclass", "here", "there"),
    ("regtype", "integer", "bigint"),
    ("aclitem", "postgres=r/postgres", "postgres=w/postgres"),
    ("tid", "(0,1)", "(1,0)"),
    ("xid", "1", "2"),
    ("pg_snapshot", "10:20:", "10:20:15"),
    ("hstore", "a=>1", "a=>NULL"),
    ("ltree", "a.b", "a.c"),
    # containers
    ("int[]", "{1}", "[0:0]={1}"),
    ("list", "{1}", "[0:0]={1}"),
    ("int[]", "{1,2}", "{{1,2}}"),
    ("text[]", "{NULL}", '{"NULL"}'),
    ("text[]", "{}", '{""}'),
    ("pair", "(1,)", '(1,"")'),
    ("pair", "(,)", None),
    ("couple", "(1,)", '(1,"")'),
    ("couple", "(,)", None),
    ("int4range", "empty", "[1,2)"),
    # plain ones
    ("text", "", None),
    ("text", "a", "a "),
    ("varchar(9)", "a", "b"),
    ("char(3)", "a", "b"),
    ("code", "a", "b"),
    ("long_code", "a", "b"),
    ("bytea", "\\x", "\\x00"),
    ("bool", "t", "f"),
    ("bool", "f", None),
    ("int", "0", None),
    ("smallint", "1", "-1"),
    ("date", "infinity", "-infinity"),
    ("date", "2013-01-01", "2013-01-01 BC"),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"),
    ("inet", "10.1.2.3", "10.1.2.3/24"),
    ("cidr", "10.0.0.0/8", "10.0.0.0/16"),
    ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02:04"),
    ("macaddr8", "08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06"),
    ('"char"', "a", "b"),
    ("name", "a", "A"),
    ("oid", "1", "4294967295"),
]
"""Type and two values that print differently. None is NULL."""

ROWS_DIFFER = {
    "two rows swap one column": ("(1, 'a'), (2, 'b')", "(1, 'b'), (2, 'a')"),
    "one row twice, another once": ("(1, 'a'), (1, 'a'), (2, 'b')", "(1, 'a'), (2, 'b'), (2, 'b')"),
    "a pair of duplicates replaced": ("(1, 'a'), (1, 'a')", "(2, 'b'), (2, 'b')"),
    "null moves to the next row": ("(1, NULL), (2, 'b')", "(1, 'b'), (2, NULL)"),
    "all null or none": ("(NULL, NULL)", "(0, '')"),
}
NAMES = [f"{number:02} {kind}: {one} / {other}" for number, (kind, one, other) in enumerate(DIFFER)]


@pytest.fixture(scope="module")
def gallery(primary: DatabaseServer) -> str:
    """A database with one table for each value of ``DIFFER`` and for each set of rows."""
    name = primary.create_database("gallery", SCHEMA)
    with closing(psycopg2.connect(primary.dsn(name))) as session, session, session.cursor() as cursor:
        for number, (kind, *values) in enumerate(DIFFER):
            for side, value in zip("ab", values, strict=True):
                cursor.execute(f"CREATE TABLE v{number}{side} (v {kind})")
                cursor.execute(f"INSERT INTO v{number}{side} VALUES (%s)", (value,))
        for number, sides in enumerate(ROWS_DIFFER.values()):
            for side, rows in zip("ab", sides, strict=True):
                cursor.execute(f"CREATE TABLE r{number}{side} (n int, t text)")
                cursor.execute(f"INSERT INTO r{number}{side} VALUES {rows}")
        cursor.execute("CREATE TABLE t1 (a text, b text); INSERT INTO t1 VALUES ('ab', 'c')")
        cursor.execute("CREATE TABLE t2 (a text, b text); INSERT INTO t2 VALUES ('a', 'bc')")
        cursor.execute("CREATE TABLE empty_row (); INSERT INTO empty_row DEFAULT VALUES")
        cursor.execute("CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (a * 2) STORED)")
        cursor.execute("INSERT INTO computed VALUES (1), (2)")
    return name


@pytest.fixture(scope="module")
def details(primary: DatabaseServer, gallery: str, describe: Callable[..., Details]) -> Details:
    return describe(primary, gallery)


def hash_of(details: Details, table: str) -> tuple[int | None, str | None]:
    return next((t.rows, t.hash) for t in details.tables if t.identity == f"public.{table}")


def printed(server: DatabaseServer, dbname: str, table: str) -> str:
    """What a dump writes of the table."""
    out = io.StringIO()
    with closing(psycopg2.connect(server.dsn(dbname))) as session, session.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} TO STDOUT", out)
    return out.getvalue()


@pytest.mark.parametrize("number", range(len(DIFFER)), ids=NAMES)
def test_values_that_print_differently_hash_differently(
    primary: DatabaseServer, gallery: str, details: Details, number: int
) -> None:
    assert printed(primary, gallery, f"v{number}a") != printed(primary, gallery, f"v{number}b")
    assert hash_of(details, f"v{number}a") != hash_of(details, f"v{number}b")


@pytest.mark.parametrize("number", range(len(ROWS_DIFFER)), ids=list(ROWS_DIFFER))
def test_rows_that_differ_only_as_a_whole_hash_differently(details: Details, number: int) -> None:
    assert hash_of(details, f"r{number}a")[1] != hash_of(details, f"r{number}b")[1]


def test_column_boundaries_are_part_of_the_hash(details: Details) -> None:
    assert hash_of(details, "t1") != hash_of(details, "t2")


def test_a_restore_hashes_alike_whatever_the_type(
    primary: DatabaseServer,
    gallery: str,
    details: Details,
    restored_copy: Callable[..., str],
    describe: Callable[..., Details],
) -> None:
    copy = restored_copy(primary, gallery)
    assert differences(details, describe(primary, copy), without={"database properties"}) == []


def test_order_of_rows_and_columns_does_not_matter(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database(
        "order",
        "CREATE TABLE one (a int, b text, gone int);"
        "INSERT INTO one SELECT i, i, i FROM generate_series(1, 999) i;"
        "ALTER TABLE one DROP COLUMN gone;"
        "CREATE TABLE two (b text, a int); INSERT INTO two SELECT b, a FROM one ORDER BY random()",
    )
    found = describe(primary, name)
    assert hash_of(found, "one") == hash_of(found, "two")


def test_one_session_and_many_parallel_workers_agree(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database(
        "parallel", "CREATE TABLE t AS SELECT i, i::numeric n, i::text t FROM generate_series(1, 20000) i"
    )
    alone, together = describe(primary, name, jobs=1), describe(primary, name, jobs=4)
    assert hash_of(alone, "t") == hash_of(together, "t")


def test_nan_of_any_payload_prints_and_hashes_alike(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database(
        "nan",
        "CREATE TABLE one AS SELECT float8 'inf' - float8 'inf' AS v;"
        "CREATE TABLE two AS SELECT float8 'NaN' AS v",
    )
    found = describe(primary, name)
    assert hash_of(found, "one") == hash_of(found, "two")


FILLED = """
CREATE TABLE {name} (i int, b bigint, s smallint, t text, v varchar(9), c char(5), f bool, o big)
    WITH (autovacuum_enabled = off);
INSERT INTO {name}
    SELECT n - 500, n * 8589934592 - 4294967299, n - 500, n, NULL, n, n % 2 = 0, -n
      FROM generate_series(1, 1000) AS n;
INSERT INTO {name} (b, v, o)
    VALUES (9223372036854775807, '', 1), (-9223372036854775808, '', 1), (NULL, NULL, NULL);
"""
"""Columns that are hardly ever null, one that always is."""

HASH_OF_FILLED = "215049840201823147310"
"""By version 2 of the algorithm: whoever changes it changes the version, or old manifests seem to differ."""


def test_statistics_change_how_rows_are_hashed_but_no_hash(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database("filled", "CREATE DOMAIN big AS bigint;")
    tables = ("unknown", "known")
    for table in tables:
        primary.execute(FILLED.format(name=table), dbname=name)
    primary.execute("ANALYZE known", dbname=name)
    with closing(psycopg2.connect(primary.dsn(name))) as session, session.cursor() as cursor:
        statements = content_statements(cursor, dumped_tables(cursor), 15)
    lengths = {len(statements[f"public.{table}"]) for table in tables}
    found = describe(primary, name)
    assert len(lengths) == 2
    assert {hash_of(found, table) for table in tables} == {(1003, HASH_OF_FILLED)}


WIDE = [f"c{number:02}" for number in range(1, 71)]
"""More columns than the chain of hashes takes: the first 60 by name."""

CELLS = {
    "none": {},
    "first": {"c01": 1},
    "last of the chain": {"c60": 1},
    "first after it": {"c61": 1},
    "last": {"c70": 1},
    "null within": {"c30": None},
    "null at its end": {"c60": None},
    "null after it": {"c61": None},
    "null at the end": {"c70": None},
}


def test_every_column_of_a_wide_table_is_seen(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database("wide")
    columns = ", ".join(f"{column} int" for column in WIDE)
    for number, cells in enumerate(CELLS.values()):
        values = ", ".join("NULL" if cells.get(c, 0) is None else str(cells.get(c, 0)) for c in WIDE)
        primary.execute(
            f"CREATE TABLE t{number} ({columns}); INSERT INTO t{number} VALUES ({values})", dbname=name
        )
    found = describe(primary, name)
    assert len({hash_of(found, f"t{number}")[1] for number in range(len(CELLS))}) == len(CELLS)


# One column that the chain takes beside one that it does not, each with a value that moves to the other row.
@pytest.mark.parametrize(
    "kind", ["int", "bigint", "text", "char(5)", "bool", "uuid", "numeric", "jsonb", "timestamp"]
)
@pytest.mark.parametrize("beside", ["int", "numeric"])
def test_a_value_or_a_null_that_moves_to_the_other_row_is_seen(
    primary: DatabaseServer, describe: Callable[..., Details], kind: str, beside: str
) -> None:
    name = primary.create_database("moves")
    one, other = {
        "bool": ("t", "f"),
        "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000"),
        "timestamp": ("2013-01-01", "2013-01-02"),
    }.get(kind, ("0", "1"))
    sides = {
        "here": f"(1, '{one}'), (2, '{other}'), (3, NULL)",
        "swapped": f"(1, '{other}'), (2, '{one}'), (3, NULL)",
        "null_moved": f"(1, '{one}'), (2, NULL), (3, '{other}')",
        "null_filled": f"(1, '{one}'), (2, '{other}'), (3, '{one}')",
    }
    for table, rows in sides.items():
        primary.execute(
            f"CREATE TABLE {table} (n {beside}, v {kind}); INSERT INTO {table} VALUES {rows}", dbname=name
        )
    found = describe(primary, name)
    assert len({hash_of(found, table)[1] for table in sides}) == len(sides)
