-- since 15
-- Which rows and columns of its tables does each publication publish?
SELECT 'pg_publication_rel'::regclass AS classid, p.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'rows', pg_get_expr(p.prqual, p.prrelid),
        'columns', (SELECT jsonb_agg(attname ORDER BY attname COLLATE "C") FROM pg_attribute
                    WHERE attrelid = p.prrelid AND attnum = ANY (p.prattrs))) AS facts
FROM pg_publication_rel AS p
