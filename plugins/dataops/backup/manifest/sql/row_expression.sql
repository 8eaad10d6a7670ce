-- How is each dumped row hashed, so that two values hash alike only if they print alike?
-- Columns in the order of their names; generated ones are not in a dump. Per column, by its base type:
--   as it is: where equal values print equally and the type's hash sees every bit;
--   its binary form: int8 and what is stored as one (their hash folds 64 bits to 32: 1 = 4294967296), numeric
--     (its hash ignores scale and sign, and takes NaN for Infinity), interval (1 month = 30 days), bits, money;
--   floats: binary too (-0 is not 0), but one NaN, whatever its payload;
--   all else: what its output function prints, which is what COPY writes. Not a cast to text: that of bpchar drops
--     blanks, and users may define casts that lose more.
WITH RECURSIVE base (domain, type, typmod) AS (
    SELECT oid, oid, -1 FROM pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT d.oid, base.type, greatest(d.typtypmod, base.typmod)
    FROM pg_type AS d JOIN base ON base.domain = d.typbasetype WHERE d.typtype = 'd'
), carried AS (
    SELECT a.attrelid, a.attname, t.typname, t.typoutput, t.typnamespace = 'pg_catalog'::regnamespace AS built_in,
        greatest(a.atttypmod, base.typmod) AS typmod,
        CASE WHEN base.type = a.atttypid THEN quote_ident(a.attname)
             ELSE format('%%I::%%s', a.attname, format_type(base.type, -1)) END AS value
    FROM pg_attribute AS a
    JOIN base ON base.domain = a.atttypid
    JOIN pg_type AS t ON t.oid = base.type
    WHERE a.attrelid = ANY (%(relations)s::oid[])
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
)
SELECT attrelid::bigint AS relid,
    string_agg(
        CASE
            WHEN built_in AND typname IN ('bool', 'int2', 'int4', 'oid', 'char', 'name', 'bytea', 'uuid', 'date',
                                          'macaddr', 'macaddr8', 'inet', 'cidr')
                THEN value
            WHEN built_in AND (typname IN ('text', 'varchar') OR typname = 'bpchar' AND typmod >= 0)
                THEN format('(%%s) COLLATE "C"', value)
            WHEN built_in AND typname IN ('timestamp', 'timestamptz', 'time', 'timetz', 'interval', 'numeric',
                                          'pg_lsn', 'cash', 'bit', 'varbit')
                THEN format('%%s_send(%%s)', typname, value)
            WHEN built_in AND typname IN ('int8', 'xid8') THEN format('%%ssend(%%s)', typname, value)
            WHEN built_in AND typname = 'money' THEN format('cash_send(%%s)', value)
            WHEN built_in AND typname IN ('float4', 'float8')
                THEN format('CASE WHEN %%1$s = ''NaN'' THEN ''NaN''::bytea ELSE %%2$ssend(%%1$s) END', value, typname)
            ELSE format('textin(%%s(%%s)) COLLATE "C"', typoutput, value)
        END, ', ' ORDER BY attname COLLATE "C") AS expression
FROM carried
GROUP BY attrelid
