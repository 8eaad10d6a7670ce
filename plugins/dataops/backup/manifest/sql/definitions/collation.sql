-- How does each added collation sort?
SELECT 'pg_collation'::regclass AS classid, c.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'provider', c.collprovider,
        'collate', to_jsonb(c) -> 'collcollate',
        'ctype', to_jsonb(c) -> 'collctype',
        'locale', coalesce(to_jsonb(c) -> 'colllocale', to_jsonb(c) -> 'colliculocale'),
        'rules', to_jsonb(c) -> 'collicurules',
        'encoding', c.collencoding,
        'deterministic', c.collisdeterministic,
        'version', pg_collation_actual_version(c.oid)
    ) AS facts
FROM pg_collation AS c
WHERE c.collnamespace IN (TABLE ours)
