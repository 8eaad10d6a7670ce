-- How many pages has each fork of these relations? Reading them verifies their checksums.
-- The main fork of those that were read whole already is left out.
SELECT fork.name, sum(read.blocks)
FROM unnest(%(relations)s::oid[]) AS relation (oid)
CROSS JOIN (VALUES ('main'), ('fsm'), ('vm'), ('init')) AS fork (name)
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_relation_size(relation.oid::regclass, fork.name) > 0
                THEN {prewarm}(relation.oid::regclass, 'buffer', fork.name) END
) AS read (blocks)
WHERE NOT (fork.name = 'main' AND relation.oid = ANY (%(read_whole)s::oid[]))
GROUP BY 1
