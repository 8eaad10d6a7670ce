-- How does this database encode, sort and compare text?
SELECT 'database' AS identity,
    jsonb_strip_nulls(jsonb_build_object(
        'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype,
        'provider', coalesce(to_jsonb(here) ->> 'datlocprovider', 'c'),
        'locale', coalesce(to_jsonb(here) -> 'datlocale', to_jsonb(here) -> 'daticulocale'),
        'rules', to_jsonb(here) -> 'daticurules')) AS facts
FROM here
