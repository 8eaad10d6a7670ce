"""Views, functions, triggers, types, operators, foreign data and publications that came back otherwise."""

from __future__ import annotations

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql
from dataops.drill.rehearsal.finding import named, relation, routine, trigger, type_of


def _fault(name: str, do: str, find: str = "", seen_by: str = "definitions") -> Fault:
    return Fault(name, Family.SCHEMA, Kind.COPY, Sql(do, find), seen_by)


_WRITTEN = "p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql') AND p.prosrc <> ''"
_VOLATILITY = "CASE p.provolatile WHEN 'v' THEN 'STABLE' ELSE 'VOLATILE' END AS other"
_SECURITY = "CASE WHEN p.prosecdef THEN 'INVOKER' ELSE 'DEFINER' END AS other"
_NOT_A_TRIGGER = "p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)"
_VIEW = (
    "SELECT format('%I.%I', n.nspname, c.relname) AS relation,"
    " rtrim(pg_get_viewdef(c.oid), ';') AS definition"
    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'v' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')"
    " ORDER BY n.nspname = 'rehearsal', 1 LIMIT 1"
)
_POLICY = (
    "SELECT quote_ident(o.polname) AS name, o.polrelid::regclass AS extra FROM pg_policy AS o"
    " ORDER BY o.polname = 'purchase_small', 1 LIMIT 1"
)

VIEWS = (
    _fault("view missing", "DROP VIEW $relation CASCADE", relation("v")),
    _fault(
        "view of another body",
        "CREATE OR REPLACE VIEW $relation AS SELECT * FROM ($definition) AS altered LIMIT 1000000",
        _VIEW,
    ),
    _fault("view no longer a security barrier", "ALTER VIEW rehearsal.guarded RESET (security_barrier)"),
    _fault("materialized view missing", "DROP MATERIALIZED VIEW $relation CASCADE", relation("m")),
    _fault(
        "materialized view not populated",
        "REFRESH MATERIALIZED VIEW $relation WITH NO DATA",
        relation("m", "c.relispopulated"),
        "materialized views",
    ),
    _fault(
        "rule of another action",
        "CREATE OR REPLACE RULE purchase_kept AS ON DELETE TO rehearsal.purchase WHERE OLD.price > 900"
        " DO ALSO NOTHING",
    ),
    _fault(
        "policy missing",
        "DROP POLICY $name ON $extra",
        _POLICY,
    ),
    _fault("policy of another condition", "ALTER POLICY purchase_small ON rehearsal.purchase USING (true)"),
    _fault("policy for everyone", "ALTER POLICY purchase_small ON rehearsal.purchase TO PUBLIC"),
)

ROUTINES = (
    _fault(
        "function of another body",
        "UPDATE pg_proc SET prosrc = prosrc || E'\\n-- altered' WHERE oid = $oid",
        routine(_WRITTEN),
    ),
    _fault("function missing", "DROP FUNCTION $signature CASCADE", routine("p.prokind = 'f'")),
    _fault(
        "function of another volatility",
        "ALTER FUNCTION $signature $other",
        routine(_NOT_A_TRIGGER, extra=_VOLATILITY),
    ),
    _fault(
        "function with the rights of another",
        "ALTER FUNCTION $signature SECURITY $other",
        routine("p.prokind = 'f'", extra=_SECURITY),
    ),
    _fault("function's setting lost", "ALTER FUNCTION rehearsal.secretly() RESET search_path"),
    _fault("procedure missing", "DROP PROCEDURE $signature", routine("p.prokind = 'p'")),
    _fault(
        "aggregate that begins elsewhere",
        "CREATE OR REPLACE AGGREGATE rehearsal.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')",
    ),
    _fault("trigger missing", "DROP TRIGGER $name ON $relation", trigger()),
    _fault("trigger disabled", "ALTER TABLE $relation DISABLE TRIGGER $name", trigger("g.tgenabled <> 'D'")),
    _fault(
        "trigger on another event",
        "DROP TRIGGER customer_stamped ON rehearsal.customer; CREATE TRIGGER customer_stamped"
        " BEFORE INSERT ON rehearsal.customer FOR EACH ROW EXECUTE FUNCTION rehearsal.stamped()",
    ),
    _fault(
        "event trigger disabled",
        "ALTER EVENT TRIGGER $name DISABLE",
        named("pg_event_trigger", "evtname", "evtenabled <> 'D'"),
    ),
)

TYPES = (
    _fault(
        "enum with another label",
        "UPDATE pg_enum SET enumlabel = enumlabel || '_altered' WHERE enumtypid = $oid AND enumsortorder ="
        " (SELECT min(enumsortorder) FROM pg_enum WHERE enumtypid = $oid)",
        type_of("e"),
    ),
    _fault(
        "enum in another order",
        "UPDATE pg_enum SET enumsortorder = -enumsortorder WHERE enumtypid = $oid",
        type_of("e"),
    ),
    _fault("domain without its check", "ALTER DOMAIN rehearsal.amount DROP CONSTRAINT amount_not_negative"),
    _fault("domain with another default", "ALTER DOMAIN rehearsal.amount SET DEFAULT 1"),
    _fault(
        "composite type with another attribute",
        "ALTER TYPE rehearsal.place ALTER ATTRIBUTE house TYPE bigint",
    ),
    _fault(
        "range without its difference",
        "DROP TYPE rehearsal.span; CREATE TYPE rehearsal.span AS RANGE (subtype = float8)",
    ),
    _fault("cast missing", "DROP CAST (rehearsal.mood AS text)"),
    _fault(
        "operator by another function",
        "DROP OPERATOR rehearsal.<+> (int, int);"
        "CREATE OPERATOR rehearsal.<+> (FUNCTION = int4mi, LEFTARG = int, RIGHTARG = int)",
    ),
    _fault(
        "collation of another locale",
        "UPDATE pg_collation SET collcollate = 'POSIX' WHERE oid = 'rehearsal.by_bytes'::regcollation",
    ),
    _fault(
        "text search by another dictionary",
        "ALTER TEXT SEARCH CONFIGURATION rehearsal.plain ALTER MAPPING FOR asciiword WITH english_stem",
    ),
)

AROUND = (
    _fault("schema missing", "DROP SCHEMA rehearsal_empty"),
    _fault("sequence of another step", "ALTER SEQUENCE rehearsal.ticket INCREMENT 2"),
    _fault("sequence missing", "DROP SEQUENCE rehearsal.ticket"),
    _fault("sequence without its column", "ALTER SEQUENCE rehearsal.purchase_id_seq OWNED BY NONE"),
    _fault("publication missing", "DROP PUBLICATION $name", named("pg_publication", "pubname")),
    _fault(
        "publication of other operations",
        "ALTER PUBLICATION $name SET (publish = '$extra')",
        named(
            "pg_publication",
            "pubname",
            extra="CASE WHEN pubdelete THEN 'insert' ELSE 'insert, update, delete, truncate' END AS extra",
        ),
    ),
    _fault(
        "publication without one of its tables",
        "ALTER PUBLICATION rehearsal_news DROP TABLE rehearsal.lonely",
    ),
    _fault(
        "publication without its filter",
        "ALTER PUBLICATION rehearsal_filtered SET TABLE rehearsal.bulk (id, number)",
        named("pg_publication", "pubname", "pubname = 'rehearsal_filtered'"),
    ),
    _fault(
        "subscription missing",
        "ALTER SUBSCRIPTION $name DISABLE; DROP SUBSCRIPTION $name",
        named("pg_subscription", "subname", "subname = 'rehearsal_partner'"),
    ),
    _fault(
        "subscription of another source",
        "ALTER SUBSCRIPTION $name CONNECTION 'host=elsewhere.example password=three'",
        named("pg_subscription", "subname", "subname = 'rehearsal_partner'"),
    ),
    _fault("foreign server elsewhere", "ALTER SERVER rehearsal_far OPTIONS (SET host 'near.example')"),
    _fault(
        "user mapping with another password",
        "ALTER USER MAPPING FOR rehearsal_login SERVER rehearsal_far OPTIONS (SET password 'other')",
    ),
    _fault(
        "foreign table of another source", "ALTER FOREIGN TABLE rehearsal.elsewhere OPTIONS (SET file 'b')"
    ),
    _fault(
        "extension missing",
        "DROP EXTENSION $name CASCADE",
        named("pg_extension", "extname", "extname <> 'plpgsql'"),
        seen_by="extensions",
    ),
    _fault(
        "extension of another version",
        "UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = $extra",
        named("pg_extension", "extname", extra="quote_literal(extname) AS extra"),
        seen_by="extensions",
    ),
)

FAULTS = (*VIEWS, *ROUTINES, *TYPES, *AROUND)
