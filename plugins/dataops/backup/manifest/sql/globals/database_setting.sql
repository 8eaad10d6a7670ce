-- Which settings does this database have, for everyone and for one role?
SELECT CASE s.setrole WHEN 0 THEN 'everyone' ELSE 'role ' || quote_ident(pg_get_userbyid(s.setrole)) END AS identity,
    jsonb_build_object('settings', to_jsonb(s.setconfig)) AS facts
FROM pg_db_role_setting AS s, here
WHERE s.setdatabase = here.oid
