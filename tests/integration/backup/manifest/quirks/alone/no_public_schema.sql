-- No public schema.
DROP SCHEMA public;
