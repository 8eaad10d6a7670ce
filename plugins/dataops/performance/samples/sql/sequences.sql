-- How far are the sequences, and which column do they feed? A role without SELECT on one does not see its value.
WITH given AS (
    SELECT
        s.*, c.relname, n.nspname,
        has_sequence_privilege(c.oid, 'SELECT, USAGE')      AS readable,
        CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(c.oid) END AS last_value,
        d.refobjid, a.attname, a.atttypid
    FROM pg_sequence s
    JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relpersistence <> 't'
),
bounded AS (
    SELECT
        g.*,
        CASE WHEN seqincrement > 0
             THEN least(seqmax, CASE atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END)
             ELSE greatest(seqmin, CASE atttypid WHEN 'int2'::regtype THEN -32768
                                                 WHEN 'int4'::regtype THEN -2147483648 END) END AS bound,
        CASE WHEN seqincrement > 0 THEN seqmin ELSE seqmax END AS origin
    FROM given g
)
SELECT
    b.seqrelid::bigint                                      AS oid,
    b.nspname::text                                         AS schema,
    b.relname::text                                         AS name,
    format_type(b.seqtypid, NULL)                           AS type,
    b.seqcycle                                              AS cycles,
    b.refobjid::bigint                                      AS "table",
    tn.nspname::text                                        AS table_schema,
    t.relname::text                                         AS table_name,
    b.attname::text                                         AS "column",
    format_type(b.atttypid, NULL)                           AS column_type,
    b.seqincrement                                          AS increment,
    b.last_value                                            AS last_value,
    b.bound::bigint                                         AS "limit",
    ((b.last_value::numeric - b.origin) / nullif(b.bound::numeric - b.origin, 0))::float8 AS used,
    b.readable                                              AS readable
FROM bounded b
LEFT JOIN pg_class t ON t.oid = b.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
