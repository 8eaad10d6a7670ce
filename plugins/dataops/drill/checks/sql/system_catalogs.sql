-- Where do the system catalogs contradict each other? PostgreSQL trusts their flags: it fires no trigger, keeps no
-- index and asks no child table of a relation whose flag says that there is none.
-- A flag that is set without need is harmless (VACUUM clears it later), one that is missing is not.
WITH relation AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relpersistence <> 't'
), faults (about, said) AS (
    SELECT name, 'its indexes are not maintained (relhasindex)' FROM relation AS c
    WHERE NOT relhasindex AND relkind IN ('r', 'p', 'm', 't') AND EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid)
    UNION ALL SELECT name, 'its triggers do not fire (relhastriggers)' FROM relation AS c
    WHERE NOT relhastriggers AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid)
    UNION ALL SELECT name, 'its rules are not applied (relhasrules)' FROM relation AS c
    WHERE NOT relhasrules AND EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)
    UNION ALL SELECT name, 'its children are not read (relhassubclass)' FROM relation AS c
    WHERE NOT relhassubclass AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid)
    UNION ALL SELECT name, format('%s of %s check constraints hold (relchecks)', relchecks, checks)
    FROM relation AS c
    JOIN (SELECT conrelid, count(*) AS checks FROM pg_constraint WHERE contype = 'c' GROUP BY 1) AS k
        ON k.conrelid = c.oid
    WHERE relchecks < checks
    UNION ALL SELECT name, format('%s of %s columns are described', described, relnatts) FROM relation AS c
    CROSS JOIN LATERAL (SELECT count(*) AS described FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS a
    WHERE described <> relnatts
    UNION ALL SELECT name || '.' || a.attname, 'its default is not applied (atthasdef)' FROM relation AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.atthasdef AND NOT a.attisdropped
    JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    UNION ALL SELECT name || '.' || a.attname, 'its default is not there' FROM relation AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.atthasdef
    WHERE NOT EXISTS (SELECT FROM pg_attrdef AS d WHERE d.adrelid = c.oid AND d.adnum = a.attnum)
    UNION ALL SELECT name, 'it has no TOAST table' FROM relation AS c
    WHERE reltoastrelid <> 0 AND NOT EXISTS (SELECT FROM pg_class AS t WHERE t.oid = c.reltoastrelid)
    -- Between two tables, the server enforces a foreign key by two triggers on each (ri_triggers.c).
    UNION ALL SELECT name, format('foreign key %I is enforced by %s of its 4 triggers', k.conname, made)
    FROM relation AS c
    JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0 AND c.relkind = 'r'
    JOIN pg_class AS other ON other.oid = k.confrelid AND other.relkind = 'r'
    CROSS JOIN LATERAL (SELECT count(*) AS made FROM pg_trigger WHERE tgconstraint = k.oid AND tgisinternal) AS t
    WHERE made < 4 AND coalesce((to_jsonb(k) ->> 'conenforced')::bool, true)
    UNION ALL SELECT name, format('deferrable key %I is not checked at commit', k.conname)
    FROM relation AS c
    JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x') AND k.condeferrable
    WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = k.oid)
    -- What depends on nothing is left behind, or lost, when something else is dropped.
    UNION ALL SELECT name, 'it does not depend on its schema' FROM relation AS c
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid >= 16384 AND name !~ '^(pg_|information_schema\.)'
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                        AND d.refclassid = 'pg_namespace'::regclass AND d.refobjid = c.relnamespace)
    UNION ALL SELECT name || ', index ' || quote_ident(x.relname), 'it would outlive its table'
    FROM relation AS c JOIN pg_index AS i ON i.indrelid = c.oid JOIN pg_class AS x ON x.oid = i.indexrelid
    WHERE x.oid >= 16384 AND x.relnamespace <> 'pg_toast'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = x.oid)
    UNION ALL SELECT r.rulename || ' of ' || c.name, 'the view depends on nothing that it reads'
    FROM relation AS c JOIN pg_rewrite AS r ON r.ev_class = c.oid
    WHERE c.oid >= 16384
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid)
)
SELECT about, said FROM faults ORDER BY 1, 2
