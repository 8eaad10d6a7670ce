-- What is said about each object?
SELECT d.classoid AS classid, d.objoid AS objid, d.objsubid, 0::oid AS relid,
    jsonb_build_object('comment', d.description) AS facts
FROM pg_description AS d
WHERE d.classoid <> 'pg_largeobject'::regclass
    AND (d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid IN (TABLE ours)))
    AND (d.classoid <> 'pg_subscription'::regclass
         OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))  -- or the dump has no subscription
