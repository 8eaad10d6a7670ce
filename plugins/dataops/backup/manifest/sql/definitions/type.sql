-- What is each enum, domain, composite, range and base type? Row, array and multirange types follow from others.
SELECT 'pg_type'::regclass AS classid, t.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'kind', t.typtype,
        'defined', t.typisdefined,
        'labels', (SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        'default', CASE WHEN t.typtype = 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault)
                        ELSE t.typdefault END,
        'collation', (SELECT l.oid::regcollation FROM pg_collation AS l WHERE l.oid = t.typcollation),
        'attributes', (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
                                        nullif(a.attcollation, 0)::regcollation) ORDER BY a.attnum)
                       FROM pg_attribute AS a
                       WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
        'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        'not_null', t.typnotnull
    )
    || coalesce((
        SELECT jsonb_build_object(
            'subtype', r.rngsubtype::regtype,
            'subtype_class', (SELECT format('%I.%I', n.nspname, o.opcname) FROM pg_opclass AS o
                              JOIN pg_namespace AS n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
            'subtype_collation', nullif(r.rngcollation, 0)::regcollation,
            'canonical', nullif(r.rngcanonical::oid, 0)::regprocedure,
            'difference', nullif(r.rngsubdiff::oid, 0)::regprocedure,
            'multirange', (to_jsonb(r) ->> 'rngmultitypid')::oid::regtype)
        FROM pg_range AS r WHERE r.rngtypid = t.oid), '{}')
    || CASE WHEN t.typtype <> 'b' THEN '{}' ELSE jsonb_build_object(
            'length', t.typlen, 'by_value', t.typbyval, 'alignment', t.typalign, 'storage', t.typstorage,
            'category', t.typcategory, 'preferred', t.typispreferred, 'delimiter', t.typdelim,
            'element', nullif(t.typelem, 0)::regtype,
            'subscript', nullif(to_jsonb(t) ->> 'typsubscript', '-'),
            'input', nullif(t.typinput::oid, 0)::regprocedure, 'output', nullif(t.typoutput::oid, 0)::regprocedure,
            'receive', nullif(t.typreceive::oid, 0)::regprocedure,
            'send', nullif(t.typsend::oid, 0)::regprocedure,
            'typmod_in', nullif(t.typmodin::oid, 0)::regprocedure,
            'typmod_out', nullif(t.typmodout::oid, 0)::regprocedure,
            'analyze', nullif(t.typanalyze::oid, 0)::regprocedure) END AS facts
FROM pg_type AS t
WHERE t.typnamespace IN (TABLE ours)
    AND t.typtype IN ('e', 'd', 'c', 'r', 'b', 'p')
    AND NOT EXISTS (SELECT FROM pg_type AS element WHERE element.oid = t.typelem AND element.typarray = t.oid)
    AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
