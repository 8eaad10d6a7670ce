-- How many rows does a dump of this table carry, and what is their order-independent hash?
SELECT count(*), coalesce(sum({row}), 0)::text{beside}
FROM ONLY {table} {condition}
