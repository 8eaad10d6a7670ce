"""Databases with names, contents and settings that nobody expects are backed up and come back equal."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from dataops.backup.restore import restore
from dataops.evidence.verdict import Verdict
from dataops.inventory import Inventory
from psycopg2 import sql
from psycopg2.extensions import make_dsn

COLUMNS = ", ".join(f"c{number} int" for number in range(1600))
EVERYTHING = f"""
CREATE TABLE "T 'x' ""y"" %s %(a)s {{row}} {{table}}" ("c %s {{condition}} ;" int, "d'" text);
INSERT INTO "T 'x' ""y"" %s %(a)s {{row}} {{table}}" VALUES (1, 'a');
CREATE TABLE "Größe 数据 😀" ("ключ" int, "É" text);
INSERT INTO "Größe 数据 😀" VALUES (1, '😀');
CREATE TABLE "SELECT" ("User" int PRIMARY KEY); INSERT INTO "SELECT" VALUES (1);
ALTER TABLE "SELECT" OWNER TO "user"; GRANT SELECT ON "SELECT" TO "user" WITH GRANT OPTION;
CREATE TABLE {"t" * 63} ({"c" * 63} int);
CREATE TABLE without_columns (); INSERT INTO without_columns DEFAULT VALUES;
CREATE TABLE widest ({COLUMNS}); INSERT INTO widest (c0, c1599) VALUES (1, 2);
CREATE UNLOGGED TABLE fleeting AS SELECT 1 AS i;
CREATE TABLE numbers AS SELECT 0.1::float8 AS f, 'NaN'::numeric AS n, 'infinity'::timestamptz AS at,
    decode('00ff5c', 'hex') AS b;
CREATE VIEW broken AS SELECT 1 / 0 AS x;
CREATE MATERIALIZED VIEW empty AS SELECT i / i AS x FROM (VALUES (0)) AS v (i) WITH NO DATA;
CREATE EXTENSION postgres_fdw;
CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER gone OPTIONS (user 'u', password 'p');
CREATE FOREIGN TABLE elsewhere (i int) SERVER gone;
CREATE TABLE parts (i int) PARTITION BY RANGE (i);
CREATE TABLE part_here PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE FOREIGN TABLE part_elsewhere PARTITION OF parts FOR VALUES FROM (10) TO (20) SERVER gone;
INSERT INTO parts VALUES (1);
CREATE SCHEMA evil;
CREATE FUNCTION evil.count(int) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''run''; END';
CREATE TABLE evil.pg_class (relkind "char");
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TRIGGER always BEFORE INSERT ON "SELECT" FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE "SELECT" ENABLE ALWAYS TRIGGER always;
CREATE FUNCTION no_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no DDL''; END';
CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION no_ddl();
"""
SETTINGS = (
    "IS_TEMPLATE true",
    "CONNECTION LIMIT 9",
    "SET search_path = evil, public, pg_catalog",
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = serializable",
    "SET statement_timeout = '1s'",
    "SET lock_timeout = '1ms'",
    "SET idle_in_transaction_session_timeout = '1s'",
    "SET DateStyle = 'German, DMY'",
    "SET bytea_output = escape",
    "SET extra_float_digits = -15",
    "SET client_encoding = 'LATIN1'",
    "SET standard_conforming_strings = off",
    "SET quote_all_identifiers = on",
    "SET session_replication_role = replica",
    "SET array_nulls = off",
    "SET xmlbinary = hex",
)


@pytest.fixture
def keyword_role(primary: Any) -> None:
    """A role whose name is a word of SQL."""
    primary.execute('DO $$ BEGIN IF to_regrole(\'"user"\') IS NULL THEN CREATE ROLE "user"; END IF; END $$')


@pytest.fixture
def unusual(bench: Any, primary: Any, keyword_role: None) -> Callable[..., Any]:
    """``unusual(name, script, settings, creation)``: a platform around a database of this very name."""

    def execute(dbname: str, statement: Any) -> None:
        options = "-c search_path=public -c default_transaction_read_only=off -c statement_timeout=0"
        with closing(psycopg2.connect(make_dsn(primary.dsn(), dbname=dbname, options=options))) as session:
            session.autocommit = True
            session.set_client_encoding("UTF8")
            session.cursor().execute(statement)

    def make(name: str, script: str = "", settings: Sequence[str] = (), creation: str = "") -> Any:
        execute("postgres", sql.SQL("CREATE DATABASE {} " + creation).format(sql.Identifier(name)))
        if script:
            execute(name, script)
        for setting in settings:
            execute("postgres", sql.SQL("ALTER DATABASE {} " + setting).format(sql.Identifier(name)))
        one = bench("")
        one.database = one.database.model_copy(update={"dbname": name})
        servers = one.platform.inventory.servers
        one.platform = dataclasses.replace(one.platform, inventory=Inventory(servers, (one.database,)))
        return one

    return make


def comes_back(one: Any, primary: Any, name: str) -> None:
    one.preflight()
    taken, _, _ = one.backup()
    assert [check.verdict for check in taken.checks] == ["passed"]
    report = restore(
        one.platform,
        one.database.name,
        target=make_dsn(primary.dsn(), dbname=name),
        say=one.said.append,
        verify=True,
    )
    assert [check for check in report.checks if check.verdict is not Verdict.PASSED] == []
    assert any("equals the manifest" in check.name for check in report.checks)


def test_hostile_names_settings_and_contents_all_at_once(unusual: Any, primary: Any) -> None:
    one = unusual('it\'s "q" \\ 100%s Ünïcode', EVERYTHING, SETTINGS)
    comes_back(one, primary, f"host=nowhere dbname=x {secrets.token_hex(3)}")
    assert any("Not analysed" in line and "public.elsewhere" in line for line in one.said)
    analysed = primary.execute(
        "SELECT count(*) FROM pg_statistic WHERE starelid = 'public.part_here'::regclass",
        dbname=primary.execute("SELECT datname FROM pg_database WHERE datname LIKE 'host=nowhere%'")[0][0],
    )
    assert analysed == [(1,)]


@pytest.mark.parametrize(
    ("name", "script", "creation"),
    [
        ("--help", "CREATE TABLE t AS SELECT 1 AS i", ""),
        ("postgresql://nowhere/x", "", ""),
        ("x" * 63, "SELECT lo_from_bytea(0, 'abc') FROM generate_series(1, 20)", ""),
        (
            "Without Encoding",
            'CREATE TABLE "ä" ("ö" text); INSERT INTO "ä" VALUES (E\'\\xff\\xfe\')',
            "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'",
        ),
        (
            "LATIN 1",
            'CREATE TABLE "ä" ("ö" text); INSERT INTO "ä" VALUES (\'ü\')',
            "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
        ),
    ],
    ids=[
        "an option",
        "an address without a table",
        "63 bytes and large objects only",
        "no encoding",
        "latin 1",
    ],
)
def test_each_comes_back(unusual: Any, primary: Any, name: str, script: str, creation: str) -> None:
    comes_back(unusual(name, script, creation=creation), primary, f"{name[:40]} {secrets.token_hex(3)}")
