-- Which settings does each role start with, in every database?
SELECT quote_ident(pg_get_userbyid(s.setrole)) AS identity,
    jsonb_build_object('settings', to_jsonb(s.setconfig)) AS facts
FROM pg_db_role_setting AS s
WHERE s.setdatabase = 0 AND s.setrole IN (TABLE matter)
