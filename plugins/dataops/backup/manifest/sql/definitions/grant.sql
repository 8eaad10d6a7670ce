-- Who may do what with each object, where that is not what its owner's defaults give?
-- Members of extensions included.
-- On objects of extensions and of the system: where it is not what they came with (pg_init_privs).
WITH granted AS (
    SELECT 'pg_class'::regclass AS classid, oid AS objid, 0 AS objsubid, relacl AS acl, relnamespace AS schema,
           acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS given
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
    UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, attacl, c.relnamespace, acldefault('c', c.relowner)
    FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
    WHERE attacl IS NOT NULL AND NOT attisdropped AND c.relpersistence <> 't'
    UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl, pronamespace, acldefault('f', proowner) FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, 0, typacl, typnamespace, acldefault('T', typowner) FROM pg_type
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspacl, oid, acldefault('n', nspowner) FROM pg_namespace
    WHERE nspname !~ '^pg_(temp|toast)'
    UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanacl, NULL, acldefault('l', lanowner) FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl, NULL, acldefault('F', fdwowner)
    FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, srvacl, NULL, acldefault('S', srvowner)
    FROM pg_foreign_server
), initial AS (
    SELECT g.*, CASE WHEN i.objoid IS NOT NULL THEN i.initprivs ELSE g.given END AS came_with
    FROM granted AS g
    LEFT JOIN pg_init_privs AS i ON (i.classoid, i.objoid, i.objsubid) = (g.classid, g.objid, g.objsubid)
        -- a dump carries the public schema's grants as they are
        AND (g.classid <> 'pg_namespace'::regclass
             OR g.objid NOT IN (SELECT oid FROM pg_namespace WHERE nspname = 'public'))
    WHERE (g.acl IS NOT NULL OR i.objoid IS NOT NULL)
        AND g.schema IS DISTINCT FROM 'information_schema'::regnamespace  -- a dump carries none of its grants
), entries AS (
    SELECT classid, objid, objsubid, entries.*
    FROM initial, LATERAL (
        SELECT (SELECT jsonb_agg(entry ORDER BY entry) FROM (SELECT DISTINCT jsonb_build_array(
                    pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
                    a.privilege_type, a.is_grantable) AS entry
                FROM aclexplode(coalesce(acl, given)) AS a) AS e) AS grants,
               (SELECT jsonb_agg(entry ORDER BY entry) FROM (SELECT DISTINCT jsonb_build_array(
                    pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
                    a.privilege_type, a.is_grantable) AS entry
                FROM aclexplode(came_with) AS a) AS e) AS first_grants
    ) AS entries
)
SELECT classid, objid, objsubid, 0::oid AS relid, jsonb_build_object('grants', coalesce(grants, '[]')) AS facts
FROM entries
WHERE grants IS DISTINCT FROM first_grants
