-- What will be granted on objects that are created later?
SELECT 'pg_default_acl'::regclass AS classid, d.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object('grants', (
        SELECT jsonb_agg(entry ORDER BY entry) FROM (
            SELECT jsonb_build_array(
                pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
                a.privilege_type, a.is_grantable) AS entry
            FROM aclexplode(d.defaclacl) AS a) AS entries)) AS facts
FROM pg_default_acl AS d
