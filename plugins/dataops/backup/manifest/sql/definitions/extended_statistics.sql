-- Over which columns does the planner keep statistics?
SELECT 'pg_statistic_ext'::regclass AS classid, s.oid AS objid, 0 AS objsubid, s.stxrelid AS relid,
    jsonb_build_object(
        'definition', pg_get_statisticsobjdef(s.oid),
        'target', nullif((to_jsonb(s) ->> 'stxstattarget')::int, -1)) AS facts
FROM pg_statistic_ext AS s
WHERE s.stxnamespace IN (TABLE ours)
