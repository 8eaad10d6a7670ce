-- Which materialized views read a foreign table, also through other views and partitions?
WITH RECURSIVE reads (reader, relation) AS (
    SELECT r.ev_class, d.refobjid
    FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    UNION
    SELECT inhparent, inhrelid FROM pg_inherits
), reached (view, relation) AS (
    SELECT m.oid, r.relation FROM pg_class AS m JOIN reads AS r ON r.reader = m.oid WHERE m.relkind = 'm'
    UNION
    SELECT reached.view, reads.relation FROM reached JOIN reads ON reads.reader = reached.relation
)
SELECT DISTINCT format('%I.%I', n.nspname, c.relname)
FROM reached
JOIN pg_class AS f ON f.oid = reached.relation AND f.relkind = 'f'
JOIN pg_class AS c ON c.oid = reached.view
JOIN pg_namespace AS n ON n.oid = c.relnamespace
