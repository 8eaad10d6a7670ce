-- Which settings does each role start with, in every database? Those of everyone are ALTER ROLE ALL's.
SELECT CASE s.setrole WHEN 0 THEN 'everyone' ELSE quote_ident(pg_get_userbyid(s.setrole)) END AS identity,
    jsonb_build_object('settings', to_jsonb(s.setconfig)) AS facts
FROM pg_db_role_setting AS s
WHERE s.setdatabase = 0 AND (s.setrole = 0 OR s.setrole IN (TABLE matter))
