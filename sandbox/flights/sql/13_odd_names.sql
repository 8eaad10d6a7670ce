-- Identifiers that a careless quoting breaks on.
SET LOCAL ROLE flights_owner;
CREATE SCHEMA "Odd Names; 100%";
SET LOCAL search_path = "Odd Names; 100%";

CREATE TYPE "Käse Type" AS ENUM ('it''s', 'a "quote"', 'back\slash', '');
CREATE TABLE "select" (
    "Primary Key" integer PRIMARY KEY,
    "a ""quoted"" column" text DEFAULT 'it''s',
    "percent %s {brace}" "Käse Type" DEFAULT 'a "quote"',
    "$dollar" text GENERATED ALWAYS AS ("Primary Key"::text || '%') STORED,
    "new
line" integer,
    CONSTRAINT "Must be > 0!" CHECK ("Primary Key" > 0)
);
INSERT INTO "select" ("Primary Key", "percent %s {brace}", "new
line") VALUES (1, 'it''s', 1), (2, '', NULL), (3, 'back\slash', 3);
CREATE INDEX "Index of ""select""" ON "select" ("a ""quoted"" column" COLLATE "C" DESC);
CREATE TABLE "表 ☃" ("列" text, "SELECT" integer REFERENCES "select" ("Primary Key"));
INSERT INTO "表 ☃" VALUES ('雪', 1);
CREATE TABLE a_name_of_sixty_three_bytes_which_is_all_that_postgresql_allows (x integer);
CREATE VIEW "User" AS SELECT "列" AS "Column %" FROM "表 ☃";
CREATE FUNCTION "Do It"("Argument One" text DEFAULT '%') RETURNS text LANGUAGE sql RETURN "Argument One";
CREATE SEQUENCE "Seq.uence" OWNED BY "select"."Primary Key";
CREATE POLICY "Policy ; DROP" ON "select" USING ("Primary Key" <> 0);
COMMENT ON TABLE "select" IS E'A comment with ''quotes'', "more", 100%, \\ and\na new line';
