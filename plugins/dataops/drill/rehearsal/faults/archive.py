"""Restores that went well, of a dump that holds too little or something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql
from dataops.drill.rehearsal.finding import OURS
from dataops.drill.rehearsal.stage import Stage


def _fault(name: str, how: Sql | Callable[[Stage], None], seen_by: str) -> Fault:
    return Fault(name, Family.ARCHIVE, Kind.COPY, how, seen_by)


_DROP_SCHEMAS = f"""
DO $$ DECLARE one text; BEGIN
    -- Tables first: PostgreSQL cannot drop an operator class with options before the indexes that use it.
    FOR one IN SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm') AND {OURS}
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
        IF to_regclass(one) IS NOT NULL THEN
            EXECUTE format('DROP %s %s CASCADE',
                (SELECT CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END
                    FROM pg_class WHERE oid = to_regclass(one)), one);
        END IF;
    END LOOP;
    FOR one IN SELECT nspname FROM pg_namespace AS n WHERE {OURS} LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', one);
    END LOOP;
END $$
"""
_TRUNCATE_ALL = f"""
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT c.oid::regclass FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND {OURS} LOOP
        EXECUTE format('TRUNCATE %s CASCADE', one);
    END LOOP;
END $$
"""
_SCHEMA = (
    f"SELECT quote_ident(n.nspname) AS name FROM pg_namespace AS n WHERE {OURS} AND EXISTS"
    " (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind = 'r')"
    " ORDER BY n.nspname = 'rehearsal', 1 LIMIT 1"
)

FAULTS = (
    _fault("empty database", Sql(_DROP_SCHEMAS), "definitions"),
    _fault("definitions without rows", Sql(_TRUNCATE_ALL), "row counts"),
    _fault("a schema left out", Sql("DROP SCHEMA $name CASCADE", _SCHEMA), "definitions"),
    _fault("wrong database", Stage.replace_by_empty, "definitions"),
    _fault("database missing", Stage.drop_copy, "identity"),
    _fault(
        "rows without large objects",
        Sql("SELECT lo_unlink(oid) FROM pg_largeobject_metadata"),
        "large objects",
    ),
    _fault(
        "errors while restoring",
        lambda stage: _said(
            stage, "pg_restore: error: could not execute query: ERROR:  out of shared memory"
        ),
        "restore log",
    ),
)


def _said(stage: Stage, line: str) -> None:
    stage.server = replace(stage.server, restore_log=(*stage.server.restore_log, line))
