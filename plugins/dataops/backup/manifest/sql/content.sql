-- How many rows does a dump of this table carry, and what is their order-independent hash?
-- Each row's hash is hashed again before the sum: hash_record_extended is a polynomial over its columns, and a sum
-- of polynomials does not see two rows swap their values in one column. int8send keeps all 64 bits.
SELECT count(*), coalesce(sum(hash_record_extended(ROW(int8send(hash_record_extended(ROW({expression}), 0))), 0)), 0)::text
FROM ONLY {table} {condition}
