-- The same for PostgreSQL 13, which has no hash of a record: over what the row prints.
SELECT count(*), coalesce(sum(hashtextextended(textin(record_out(ROW({expression}))), 0)), 0)::text{beside}
FROM ONLY {table} {condition}
