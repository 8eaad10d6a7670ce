-- How does each security provider label each object?
-- Members of extensions included.
SELECT s.classoid AS classid, s.objoid AS objid, s.objsubid, 0::oid AS relid,
    jsonb_build_object('labels', jsonb_object_agg(s.provider, s.label)) AS facts
FROM pg_seclabel AS s
WHERE s.classoid <> 'pg_largeobject'::regclass
GROUP BY 1, 2, 3
