-- How many pages has each fork of these relations? Reading them verifies their checksums.
SELECT fork.name, sum(read.blocks)
FROM unnest(%s::oid[]) AS relation (oid)
CROSS JOIN (VALUES ('main'), ('fsm'), ('vm'), ('init')) AS fork (name)
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_relation_size(relation.oid::regclass, fork.name) > 0
                THEN {prewarm}(relation.oid::regclass, 'buffer', fork.name) END
) AS read (blocks)
GROUP BY 1
