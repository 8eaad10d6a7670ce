-- A text search parser, template, dictionary and configuration of our own.
SET LOCAL search_path = operations, extensions;

CREATE TEXT SEARCH PARSER notices_parser (
    START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline
);
CREATE TEXT SEARCH TEMPLATE notices_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY notices_words (TEMPLATE = notices_template, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION notices (PARSER = notices_parser);
ALTER TEXT SEARCH CONFIGURATION notices
    ADD MAPPING FOR asciiword, word, numword WITH unaccent, notices_words, english_stem;
ALTER TEXT SEARCH DICTIONARY notices_words OWNER TO flights_owner;
ALTER TEXT SEARCH CONFIGURATION notices OWNER TO flights_owner;

COMMENT ON TEXT SEARCH PARSER notices_parser IS 'The default parser by another name';
COMMENT ON TEXT SEARCH TEMPLATE notices_template IS 'Lower case and stop words';
COMMENT ON TEXT SEARCH DICTIONARY notices_words IS 'English stop words';
COMMENT ON TEXT SEARCH CONFIGURATION notices IS 'Notices to air missions';
