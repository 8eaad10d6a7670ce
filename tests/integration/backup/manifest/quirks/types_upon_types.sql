-- Types upon types.
CREATE DOMAIN a AS int CHECK (VALUE IN (1, 2));
CREATE DOMAIN b AS a NOT NULL DEFAULT 1;
CREATE DOMAIN c AS varchar(9) CHECK (VALUE IN ('x', 'y'));
CREATE TYPE d AS (x b, y c[], gone int);
ALTER TYPE d DROP ATTRIBUTE gone;
CREATE TYPE e AS RANGE (subtype = a);
CREATE DOMAIN f AS d[];
CREATE TYPE g AS ENUM ('x''y', 'z');
ALTER TYPE g ADD VALUE 'first' BEFORE 'z';
CREATE TABLE typed OF d;
CREATE TABLE t (a f, b e, c g[] DEFAULT '{z}', k b, l g DEFAULT 'z' CHECK (l IN ('z', 'x''y')));
