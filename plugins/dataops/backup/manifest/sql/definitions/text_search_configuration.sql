-- Which dictionaries does each kind of token go through, in which order?
SELECT 'pg_ts_config'::regclass AS classid, c.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'parser', (SELECT format('%I.%I', n.nspname, p.prsname) FROM pg_ts_parser AS p
                   JOIN pg_namespace AS n ON n.oid = p.prsnamespace WHERE p.oid = c.cfgparser),
        'mapping', (
            SELECT jsonb_object_agg(token, dictionaries) FROM (
                SELECT m.maptokentype AS token,
                       jsonb_agg(m.mapdict::regdictionary ORDER BY m.mapseqno) AS dictionaries
                FROM pg_ts_config_map AS m WHERE m.mapcfg = c.oid GROUP BY 1) AS mapping)) AS facts
FROM pg_ts_config AS c
WHERE c.cfgnamespace IN (TABLE ours)
