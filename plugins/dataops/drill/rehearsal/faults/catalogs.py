"""Catalogs at odds with each other, and what is enforced no more although it is defined as before."""

from __future__ import annotations

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Method, Sql

PHYSICAL: tuple[Method, ...] = ("physical",)
_MADE_ANEW = "a dump makes extensions anew and computes generated columns, so neither comes from the backup"


def _fault(
    name: str,
    do: str,
    find: str = "",
    seen_by: str = "system catalogs",
    methods: tuple[Method, ...] = ("logical", "physical"),
) -> Fault:
    return Fault(name, Family.SCHEMA, Kind.COPY, Sql(do, find), seen_by, methods, _MADE_ANEW)


def _flag(flag: str, relation: str, value: str = "false") -> str:
    return f"UPDATE pg_class SET {flag} = {value} WHERE oid = 'rehearsal.{relation}'::regclass"


_ITS_TRIGGERS = (
    "tgisinternal AND tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'purchase_customer'"
    " AND conrelid = 'rehearsal.purchase'::regclass)"
)
_SINCE_14 = "SELECT 'measured_2013' AS name WHERE current_setting('server_version_num')::int >= 140000"
_EXTENSION = (
    "SELECT e.oid, quote_ident(e.extname) AS name, p.oid::regprocedure AS signature, p.oid AS function"
    " FROM pg_extension AS e JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass"
    " AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass"
    " JOIN pg_proc AS p ON p.oid = d.objid AND p.prokind = 'f'"
    " ORDER BY e.extname = 'plpgsql', 2, p.oid LIMIT 1"
)

CONTRADICTIONS = (
    _fault("triggers that do not fire", _flag("relhastriggers", "customer")),
    _fault("indexes that new rows do not enter", _flag("relhasindex", "bulk")),
    _fault("rules that are not applied", _flag("relhasrules", "purchase")),
    _fault("children that are not read", _flag("relhassubclass", "parent")),
    _fault("checks that do not hold", _flag("relchecks", "purchase", "0")),
    _fault(
        "default that is not applied",
        "UPDATE pg_attribute SET atthasdef = false"
        " WHERE attrelid = 'rehearsal.customer'::regclass AND attname = 'mood'",
    ),
    _fault("foreign key without its triggers", f"DELETE FROM pg_trigger WHERE {_ITS_TRIGGERS}"),
    _fault(
        "foreign key without one of its triggers",
        "DELETE FROM pg_trigger WHERE oid = (SELECT max(oid) FROM pg_trigger WHERE"
        f" {_ITS_TRIGGERS} AND tgrelid = 'rehearsal.customer'::regclass)",
    ),
    _fault(
        "table that depends on nothing",
        "DELETE FROM pg_depend WHERE classid = 'pg_class'::regclass"
        " AND objid = 'rehearsal.lonely'::regclass AND refclassid = 'pg_namespace'::regclass",
    ),
    _fault(
        "view that depends on nothing",
        "DELETE FROM pg_depend WHERE classid = 'pg_rewrite'::regclass AND objid ="
        " (SELECT oid FROM pg_rewrite WHERE ev_class = 'rehearsal.rich'::regclass)",
    ),
)

NOT_ENFORCED = (
    _fault(
        "foreign key switched off",
        f"UPDATE pg_trigger SET tgenabled = 'D' WHERE {_ITS_TRIGGERS}",
        seen_by="definitions: constraints",
    ),
    _fault(
        "trigger that fires for replicas only",
        "ALTER TABLE rehearsal.customer ENABLE REPLICA TRIGGER customer_stamped",
        seen_by="definitions: functions and triggers",
    ),
    _fault(
        "rule disabled",
        "ALTER TABLE rehearsal.purchase DISABLE RULE purchase_kept",
        seen_by="definitions: views and rules",
    ),
    _fault(
        "policy that permits instead of restricting",
        "UPDATE pg_policy SET polpermissive = NOT polpermissive WHERE polname = 'purchase_small'",
        seen_by="definitions: policies",
    ),
    _fault(
        "index that is not ready",
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'rehearsal.bulk_number'::regclass",
        seen_by="definitions: indexes",
    ),
    _fault(
        "partition half detached",
        "UPDATE pg_inherits SET inhdetachpending = true"
        " WHERE inhrelid = format('rehearsal.%I', '$name')::regclass",
        _SINCE_14,
        "definitions: schemas and tables",
    ),
    _fault(
        "materialized view of another replica identity",
        "ALTER TABLE rehearsal.totals REPLICA IDENTITY FULL",
        seen_by="definitions: views and rules",
    ),
    _fault(
        "materialized view of other TOAST parameters",
        "ALTER MATERIALIZED VIEW rehearsal.totals SET (toast.autovacuum_enabled = false)",
        seen_by="definitions: views and rules",
    ),
)

OF_FILES = (
    _fault(
        "extension of another owner",
        "UPDATE pg_extension SET extowner = 'rehearsal_owner'::regrole WHERE oid = $oid",
        _EXTENSION,
        "extensions",
        PHYSICAL,
    ),
    _fault(
        "function of an extension that does something else",
        "UPDATE pg_proc SET prosecdef = NOT prosecdef WHERE oid = $function",
        _EXTENSION,
        "extensions",
        PHYSICAL,
    ),
    _fault(
        "generated column that holds another value",
        "UPDATE pg_attribute SET attgenerated = '' WHERE attrelid = 'rehearsal.customer'::regclass"
        " AND attname = 'doubled'; UPDATE rehearsal.customer SET doubled = 0 WHERE id = 9;"
        "UPDATE pg_attribute SET attgenerated = 's' WHERE attrelid = 'rehearsal.customer'::regclass"
        " AND attname = 'doubled'",
        seen_by="generated columns",
        methods=PHYSICAL,
    ),
)

FAULTS = (*CONTRADICTIONS, *NOT_ENFORCED, *OF_FILES)
