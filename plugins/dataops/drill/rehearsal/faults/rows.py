"""Rows, sequences and large objects that are lost, changed or at odds with each other."""

from __future__ import annotations

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql
from dataops.drill.rehearsal.finding import OURS, WITH_ROWS, relation, table_with_rows


def _fault(name: str, do: str, find: str = "", seen_by: str = "content hashes") -> Fault:
    return Fault(name, Family.DATA, Kind.COPY, Sql(do, find), seen_by)


_FIRST = "ctid = (SELECT min(ctid) FROM $relation)"
_VALUE = f"""
SELECT format('%I.%I', n.nspname, c.relname) AS relation, quote_ident(a.attname) AS column,
    format(CASE WHEN t.typname = 'text' THEN '%I || ''x''' ELSE '%I + 1' END, a.attname) AS other
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relkind = 'r' AND {OURS} AND {WITH_ROWS} AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND a.attidentity = ''
    AND t.typname IN ('text', 'int4', 'int8', 'numeric', 'float8')
    AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey))
    AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND a.attnum = ANY (k.conkey))
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname = 'rehearsal', pg_relation_size(c.oid) DESC, 1, a.attnum LIMIT 1
"""
"""A column that neither an index nor a constraint is about, and an expression of another value for it."""

_WATCHING = (
    "UPDATE pg_index SET indisready = {} WHERE indexrelid IN"
    " ('rehearsal.customer_name'::regclass, 'rehearsal.customer_upper'::regclass);"
)
_DUPLICATED = (
    _WATCHING.format("false")
    + "UPDATE rehearsal.customer SET name = 'customer 7' WHERE name = 'customer 8';"
    + _WATCHING.format("true")
    + "SELECT 1"
)
"""What an index misses that was not maintained: the definitions stay as they are."""

FAULTS = (
    _fault("row lost", f"DELETE FROM $relation WHERE {_FIRST}", table_with_rows()),
    _fault(
        "every tenth row lost",
        "DELETE FROM $relation WHERE ctid = ANY (ARRAY(SELECT ctid"
        " FROM (SELECT ctid, row_number() OVER () AS n"
        " FROM $relation) AS numbered WHERE n % 10 = 0))",
        table_with_rows(),
    ),
    _fault("table empty", "TRUNCATE $relation CASCADE", table_with_rows()),
    _fault("row twice", "INSERT INTO rehearsal.lonely SELECT 1, 'a' FROM generate_series(1, 2)"),
    _fault("row from elsewhere", "INSERT INTO rehearsal.parent VALUES (42)"),
    _fault(
        "same number of rows, another value",
        "UPDATE $relation SET $column = $other WHERE ctid = (SELECT min(ctid) FROM $relation"
        " WHERE $column IS NOT NULL)",
        _VALUE,
    ),
    _fault(
        "two rows with each other's values",
        "UPDATE rehearsal.bulk SET body = CASE id WHEN 1 THEN md5('2') ELSE md5('1') END WHERE id IN (1, 2)",
    ),
    _fault("value lost", "UPDATE rehearsal.purchase SET note = NULL WHERE id = 5"),
    _fault("empty text in place of none", "UPDATE rehearsal.purchase SET note = '' WHERE note IS NULL"),
    _fault("number of another scale", "UPDATE rehearsal.purchase SET price = 8.0 WHERE price = 8"),
    _fault("row of a partition changed", "UPDATE rehearsal.measured SET value = 0 WHERE value = 50"),
    _fault("long value cut short", "UPDATE rehearsal.long SET body = left(body, 12000) WHERE id = 9"),
    _fault("duplicate under a unique index", _DUPLICATED, seen_by="unique"),
    _fault(
        "orphan of a foreign key",
        "DELETE FROM rehearsal.customer WHERE id = 11",
        seen_by="foreign keys",
    ),
    _fault("sequence behind the manifest", "SELECT setval('rehearsal.ticket', 100)", seen_by="sequences"),
    _fault(
        "sequence behind its column", "SELECT setval('rehearsal.purchase_id_seq', 3)", seen_by="sequences"
    ),
    _fault(
        "sequence started anew",
        "ALTER SEQUENCE $relation RESTART",
        relation(
            "S",
            "(SELECT last_value IS NOT NULL AND last_value > start_value FROM pg_sequences AS s"
            " WHERE s.schemaname = n.nspname AND s.sequencename = c.relname AND increment_by > 0)",
        ),
        seen_by="sequences",
    ),
    _fault(
        "sequence at its end",
        "SELECT setval('rehearsal.ticket', (SELECT seqmax FROM pg_sequence"
        " WHERE seqrelid = 'rehearsal.ticket'::regclass))",
        seen_by="sequences not at their end",
    ),
    _fault(
        "sequence beyond what its column holds",
        "SELECT setval('rehearsal.customer_id_seq', 2147483647)",
        seen_by="sequences not at their end",
    ),
    _fault(
        "large object with another label",
        "INSERT INTO pg_seclabel SELECT min(oid), 'pg_largeobject'::regclass, 0, 'rehearsal', 'secret'"
        " FROM pg_largeobject_metadata",
        seen_by="large objects",
    ),
    _fault(
        "large object lost",
        "SELECT lo_unlink((SELECT max(oid) FROM pg_largeobject_metadata))",
        seen_by="large objects",
    ),
    _fault(
        "large object changed",
        "SELECT lo_put((SELECT max(oid) FROM pg_largeobject_metadata), 0, '\\x00')",
        seen_by="large objects",
    ),
    _fault("large object extra", "SELECT lo_from_bytea(0, 'stranger')", seen_by="large objects"),
)
