-- How many large objects are there, how long, and what is the hash of their numbers and contents?
-- A dump writes holes as zeros: so trailing zeros of a page, and pages of nothing else, count only by the length.
WITH page AS (
    SELECT loid, pageno, trim(TRAILING '\x00'::bytea FROM data) AS data,
        pageno * (current_setting('block_size')::bigint / 4) + octet_length(data) AS until
    FROM pg_largeobject
), content AS (
    SELECT loid, max(until) AS bytes,
        sum(hash_record_extended(ROW(pageno, data), 0)) FILTER (WHERE octet_length(data) > 0) AS hash
    FROM page GROUP BY loid
)
SELECT count(*), coalesce(sum(bytes), 0)::bigint,
    coalesce(sum(hash_record_extended(ROW(m.oid, int8send(coalesce(bytes, 0)), numeric_send(coalesce(hash, 0))), 0)), 0)::text
FROM pg_largeobject_metadata AS m
LEFT JOIN content ON content.loid = m.oid
