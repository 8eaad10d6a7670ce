-- Name what a question of definitions/ found, by names instead of OIDs, without what belongs to an extension.
-- The question returns classid, objid, objsubid, relid (the relation that an object hangs on, else 0) and facts.
WITH ours AS (  -- schemas that a dump carries
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), question AS (
    {question}
)
SELECT named.identity, jsonb_strip_nulls(question.facts) AS facts
FROM question
CROSS JOIN LATERAL pg_identify_object(question.classid, question.objid, question.objsubid) AS named
WHERE NOT EXISTS (
        SELECT FROM pg_depend AS member
        WHERE member.deptype = 'e'
            AND (member.classid, member.objid) IN (
                (question.classid, question.objid), ('pg_class'::regclass, question.relid))
    )
    AND coalesce(named.schema, '') !~ '^pg_(temp|toast)'
