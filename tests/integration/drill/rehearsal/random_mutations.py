"""Faults that are in no library: one change of a random kind to a random object, told by its seed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dataops.drill.rehearsal.fault import Family, Fault, Kind, NotInjectable
from dataops.drill.rehearsal.stage import Stage
from dataops.errors import DataOpsError

SEED = int(os.environ.get("DATAOPS_SEED", datetime.now(UTC).strftime("%G%V")))
"""Another one each week: whoever runs the tests again meets the same faults."""

ATTEMPTS = 40
"""Draws until one can be carried out: PostgreSQL refuses what other objects depend on."""

Row = Mapping[str, Any]
Write = Callable[[random.Random, Row], str]

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_OWN = "NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = {}.oid AND d.deptype IN ('e', 'i'))"
_ROLES = "SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname LIKE 'rehearsal%' ORDER BY 1"
_RELATIONS = (
    "SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind::text AS kind FROM pg_class AS c"
    f" JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {_OURS} AND {_OWN.format('c')}"
    " AND c.relkind IN ({}) ORDER BY 1"
)
_TABLES = _RELATIONS.format("'r'")
_COLUMNS = (
    "SELECT format('%I.%I', n.nspname, c.relname) AS name, quote_ident(a.attname) AS column,"
    " format_type(a.atttypid, a.atttypmod) AS type, t.typcategory::text AS category,"
    " quote_ident(a.attname || '_x') AS other"
    " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_type AS t ON t.oid = a.atttypid"
    f" WHERE c.relkind = 'r' AND NOT c.relispartition AND {_OURS} AND {_OWN.format('c')} AND a.attnum > 0"
    " AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = '' AND a.attinhcount = 0"
    " ORDER BY c.oid::regclass::text, a.attnum"
)
_ROUTINES = (
    "SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p JOIN pg_namespace AS n"
    f" ON n.oid = p.pronamespace WHERE {_OURS} AND p.prokind = 'f' AND {_OWN.format('p')} ORDER BY 1"
)
_INDEXES = (
    "SELECT i.indexrelid::regclass::text AS name FROM pg_index AS i"
    " JOIN pg_class AS c ON c.oid = i.indexrelid"
    f" JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind = 'i'"
    " AND NOT c.relispartition ORDER BY 1"
)
_CONSTRAINTS = (
    "SELECT quote_ident(k.conname) AS name, k.conrelid::regclass::text AS relation FROM pg_constraint AS k"
    " JOIN pg_class AS c ON c.oid = k.conrelid"
    f" JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {_OURS}"
    " AND c.relkind = 'r' AND k.conislocal AND k.conparentid = 0 ORDER BY 2, 1"
)
_ROWS = (
    "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c"
    f" JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND {_OURS}"
    " AND c.relpersistence = 'p' AND pg_relation_size(c.oid) > 0 ORDER BY 1"
)


@dataclass(frozen=True)
class Change:
    """One kind of change: a query for what it can be done to, and the statement for one of the rows."""

    candidates: str
    write: Write


def _nth(dice: random.Random, table: str) -> str:
    """Some row of a table."""
    return f"(SELECT ctid FROM {table} OFFSET {dice.randrange(20)} LIMIT 1)"


def _value(dice: random.Random, row: Row) -> str:
    """Another value for a column of this type category (pg_type.typcategory)."""
    column = row["column"]
    by_category = {
        "S": f"({column}::text || '{dice.choice('xyz')}')::{row['type']}",
        "N": f"{column} + {dice.randint(1, 9)}",
        "B": f"NOT {column}",
        "D": f"{column} + interval '{dice.randint(1, 9)} days'",
    }
    return by_category.get(str(row["category"]), "NULL")


CHANGES: tuple[Change, ...] = (
    Change(
        _COLUMNS,
        lambda d, r: (
            f"UPDATE {r['name']} SET {r['column']} = {_value(d, r)} WHERE {r['column']} IS NOT NULL"
            f" AND ctid = {_nth(d, r['name'])}"
        ),
    ),
    Change(_ROWS, lambda d, r: f"DELETE FROM {r['name']} WHERE ctid = {_nth(d, r['name'])}"),
    Change(_ROWS, lambda d, r: f"TRUNCATE {r['name']} CASCADE"),
    Change(
        "SELECT oid AS name FROM pg_largeobject_metadata ORDER BY 1",
        lambda d, r: f"SELECT lo_put({r['name']}, {d.randrange(100)}, '\\x{d.getrandbits(32):08x}')",
    ),
    Change(_ROLES, lambda d, r: f"SELECT lo_from_bytea(0, '{d.getrandbits(40)}')"),
    Change(_TABLES, lambda d, r: f"ALTER TABLE {r['name']} ADD COLUMN x{d.randrange(9)} int"),
    Change(_TABLES, lambda d, r: f"ALTER TABLE {r['name']} SET (fillfactor = {d.randint(11, 79)})"),
    Change(_TABLES, lambda d, r: f"ALTER TABLE {r['name']} SET (autovacuum_enabled = off)"),
    Change(_TABLES, lambda d, r: f"ALTER TABLE {r['name']} OWNER TO rehearsal_group"),
    Change(_TABLES, lambda d, r: f"COMMENT ON TABLE {r['name']} IS '{d.getrandbits(32)}'"),
    Change(_TABLES, lambda d, r: f"CREATE INDEX x{d.getrandbits(16)} ON {r['name']} ((1))"),
    Change(
        _TABLES, lambda d, r: f"GRANT {d.choice(('TRIGGER', 'TRUNCATE'))} ON {r['name']} TO rehearsal_group"
    ),
    Change(
        _TABLES,
        lambda d, r: f"CREATE POLICY x ON {r['name']} USING ({d.choice(('true', 'false'))})",
    ),
    Change(_COLUMNS, lambda d, r: f"ALTER TABLE {r['name']} RENAME {r['column']} TO {r['other']}"),
    Change(
        _COLUMNS,
        lambda d, r: f"ALTER TABLE {r['name']} ALTER {r['column']} SET STATISTICS {d.randint(1, 9999)}",
    ),
    Change(_COLUMNS, lambda d, r: f"ALTER TABLE {r['name']} DROP COLUMN {r['column']} CASCADE"),
    Change(_COLUMNS, lambda d, r: f"COMMENT ON COLUMN {r['name']}.{r['column']} IS '{d.getrandbits(32)}'"),
    Change(_COLUMNS, lambda d, r: f"GRANT REFERENCES ({r['column']}) ON {r['name']} TO rehearsal_login"),
    Change(
        _COLUMNS,
        lambda d, r: (
            f"ALTER TABLE {r['name']} ADD CONSTRAINT x{d.randrange(99)} CHECK ({r['column']} IS NOT NULL)"
            " NOT VALID"
        ),
    ),
    Change(_ROUTINES, lambda d, r: f"ALTER FUNCTION {r['name']} COST {d.randint(2, 99)}"),
    Change(_ROUTINES, lambda d, r: f"ALTER FUNCTION {r['name']} SET enable_sort = off"),
    Change(_ROUTINES, lambda d, r: f"ALTER FUNCTION {r['name']} PARALLEL RESTRICTED"),
    Change(_ROUTINES, lambda d, r: f"DROP FUNCTION {r['name']} CASCADE"),
    Change(_INDEXES, lambda d, r: f"ALTER INDEX {r['name']} RENAME TO x{d.getrandbits(16)}"),
    Change(_INDEXES, lambda d, r: f"ALTER INDEX {r['name']} SET (fillfactor = {d.randint(50, 89)})"),
    Change(_CONSTRAINTS, lambda d, r: f"ALTER TABLE {r['relation']} DROP CONSTRAINT {r['name']} CASCADE"),
    Change(
        _CONSTRAINTS,
        lambda d, r: f"ALTER TABLE {r['relation']} RENAME CONSTRAINT {r['name']} TO x{d.getrandbits(16)}",
    ),
    Change(_RELATIONS.format("'v', 'm'"), lambda d, r: f"DROP {_kind(r)} {r['name']} CASCADE"),
    Change(_RELATIONS.format("'v', 'm'"), lambda d, r: f"ALTER {_kind(r)} {r['name']} RENAME TO x"),
    Change(_RELATIONS.format("'S'"), lambda d, r: f"ALTER SEQUENCE {r['name']} CACHE {d.randint(2, 99)}"),
    Change(_RELATIONS.format("'S'"), lambda d, r: f"ALTER SEQUENCE {r['name']} CYCLE"),
    Change(_ROLES, lambda d, r: f"CREATE VIEW rehearsal.x AS SELECT {d.randrange(99)} AS n"),
    Change(_ROLES, lambda d, r: f"CREATE TYPE rehearsal.x AS ENUM ('{d.randrange(99)}')"),
    Change(_ROLES, lambda d, r: f"CREATE SCHEMA x{d.randrange(99)}"),
    Change(
        _ROLES,
        lambda d, r: f"CREATE FUNCTION rehearsal.x() RETURNS int LANGUAGE sql AS 'SELECT {d.randrange(99)}'",
    ),
    Change(
        _ROLES, lambda d, r: f"ALTER ROLE {r['name']} {d.choice(('CREATEDB', 'CREATEROLE', 'REPLICATION'))}"
    ),
    Change(_ROLES, lambda d, r: f"ALTER ROLE {r['name']} CONNECTION LIMIT {d.randint(21, 99)}"),
    Change(_ROLES, lambda d, r: f"ALTER ROLE {r['name']} SET statement_timeout = '{d.randint(60, 99)}min'"),
    Change(_ROLES, lambda d, r: f"ALTER ROLE {r['name']} PASSWORD '{d.getrandbits(64)}'"),
    Change(_ROLES, lambda d, r: f"COMMENT ON ROLE {r['name']} IS '{d.getrandbits(32)}'"),
    Change(
        "SELECT quote_ident(current_database()) AS name",
        lambda d, r: f"ALTER DATABASE {r['name']} SET lock_timeout = '{d.randint(10, 99)}min'",
    ),
    Change(
        "SELECT quote_ident(current_database()) AS name",
        lambda d, r: f"GRANT CREATE ON DATABASE {r['name']} TO rehearsal_group",
    ),
    Change(
        "SELECT quote_ident(n.nspname) AS name FROM pg_namespace AS n WHERE n.nspname LIKE 'rehearsal%'",
        lambda d, r: f"GRANT CREATE ON SCHEMA {r['name']} TO rehearsal_login",
    ),
    Change(
        "SELECT quote_ident(n.nspname) AS name FROM pg_namespace AS n WHERE n.nspname LIKE 'rehearsal%'",
        lambda d, r: f"ALTER SCHEMA {r['name']} RENAME TO x{d.randrange(99)}",
    ),
    Change(_ROLES, lambda d, r: f"CREATE TABLE rehearsal.x{d.randrange(99)} AS SELECT {d.randrange(9)} AS n"),
    Change(
        _ROLES,
        lambda d, r: f"ALTER DEFAULT PRIVILEGES FOR ROLE {r['name']} GRANT TRUNCATE ON TABLES TO PUBLIC",
    ),
)


def _kind(row: Row) -> str:
    return "MATERIALIZED VIEW" if row["kind"] == "m" else "VIEW"


def mutation(seed: int) -> Fault:
    """The change that this seed draws, whatever the database; repeat it with the same number."""

    def put_in(stage: Stage) -> None:
        dice = random.Random(seed)
        for _ in range(ATTEMPTS):
            change = dice.choice(CHANGES)
            rows = stage.rows(change.candidates)
            if not rows:
                continue
            statement = change.write(dice, dice.choice(rows))
            try:
                stage.execute(statement, must_change=True)
            except DataOpsError:
                continue
            print(f"seed {seed}: {statement}")
            return
        raise NotInjectable(f"None of {ATTEMPTS} draws of seed {seed} could be carried out.")

    return Fault(f"random change, seed {seed}", Family.SCHEMA, Kind.COPY, put_in, "")
