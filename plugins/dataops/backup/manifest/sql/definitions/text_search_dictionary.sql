-- Which dictionaries normalise words?
SELECT 'pg_ts_dict'::regclass AS classid, d.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'template', (SELECT format('%I.%I', n.nspname, t.tmplname) FROM pg_ts_template AS t
                     JOIN pg_namespace AS n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate),
        'options', d.dictinitoption) AS facts
FROM pg_ts_dict AS d
WHERE d.dictnamespace IN (TABLE ours)
