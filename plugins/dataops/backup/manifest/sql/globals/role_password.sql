-- With which secret does each role log in?
SELECT quote_ident(rolname) AS identity,
    jsonb_build_object('secrets', jsonb_build_object('password', rolpassword)) AS facts
FROM pg_authid
WHERE rolpassword IS NOT NULL AND oid IN (TABLE matter)
