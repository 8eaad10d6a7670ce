-- What may the role not read, of what pg_dump must lock or copy? (pg_dump would stop at the first.)
WITH class AS (
    SELECT class.oid, class.relkind, space.oid AS space, format('%I.%I', space.nspname, class.relname) AS name
      FROM pg_class AS class
      JOIN pg_namespace AS space ON space.oid = class.relnamespace
     WHERE class.relkind IN ('r', 'p', 'S')
       AND space.nspname NOT IN ('pg_catalog', 'information_schema')
       AND space.nspname !~ '^pg_(toast|temp)'
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = class.oid AND deptype = 'e')
)
SELECT name
  FROM class
 WHERE NOT has_schema_privilege(space, 'USAGE')
    OR NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(oid, 'SELECT')
                        ELSE has_table_privilege(oid, 'SELECT') END
UNION ALL
SELECT format('large object %s', oid)
  FROM pg_largeobject_metadata
 WHERE NOT current_setting('lo_compat_privileges')::bool
   AND NOT pg_has_role(lomowner, 'USAGE')
   AND NOT EXISTS (SELECT FROM aclexplode(lomacl) AS acl
                    WHERE acl.privilege_type = 'SELECT'
                      AND (acl.grantee = 0 OR pg_has_role(acl.grantee, 'USAGE')))
 ORDER BY 1
 LIMIT 1000;
