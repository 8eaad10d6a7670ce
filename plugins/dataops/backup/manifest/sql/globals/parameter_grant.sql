-- since 15
-- Which roles that matter may set which parameter?
SELECT p.parname AS identity,
    jsonb_build_object('grants', (
        SELECT jsonb_agg(entry ORDER BY entry) FROM (SELECT jsonb_build_array(
            pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
            a.privilege_type, a.is_grantable) AS entry
        FROM aclexplode(p.paracl) AS a WHERE a.grantee = 0 OR a.grantee IN (TABLE matter)) AS entries)) AS facts
FROM pg_parameter_acl AS p
WHERE EXISTS (SELECT FROM aclexplode(p.paracl) AS a WHERE a.grantee = 0 OR a.grantee IN (TABLE matter))
