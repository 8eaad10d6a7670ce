-- Another public schema.
ALTER SCHEMA public OWNER TO quirk_a;
COMMENT ON SCHEMA public IS NULL;
