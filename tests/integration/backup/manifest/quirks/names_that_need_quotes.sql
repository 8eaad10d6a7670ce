-- Names that need quotes.
CREATE SCHEMA "A b";
CREATE TABLE "A b"."T ""1""" ("C, d" int CHECK ("C, d" > 0));
CREATE INDEX "I %s" ON "A b"."T ""1""" ("C, d");
COMMENT ON COLUMN "A b"."T ""1"""."C, d" IS 'it''s %s';
CREATE FUNCTION "A b"."f(x)"(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE "A b"."S.q";
INSERT INTO "A b"."T ""1""" VALUES (1);
