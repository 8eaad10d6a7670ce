"""The flights database: loaded completely or not at all, as rich as production, and restorable."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import flights
from tests.conftest import DatabaseServer

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
JANUARY = 40_000


CATALOGS = [  # each asks for something that no server holds by itself
    "pg_aggregate WHERE aggfnoid::oid >= 16384 AND aggkind = 'o'",
    "pg_aggregate WHERE aggfnoid::oid >= 16384 AND aggmtransfn <> 0",
    "pg_am WHERE amname = 'second_heap'",
    "pg_attribute WHERE attisdropped",
    "pg_attribute WHERE attidentity = 'a'",
    "pg_attribute WHERE attidentity = 'd'",
    "pg_attribute WHERE attgenerated = 's'",
    "pg_attribute WHERE attrelid >= 16384 AND attcompression = 'l'",
    "pg_attribute WHERE attrelid >= 16384 AND attmissingval IS NOT NULL",
    "pg_attribute WHERE attrelid >= 16384 AND attstattarget > 0",
    "pg_attribute WHERE attrelid >= 16384 AND attoptions IS NOT NULL",
    "pg_attribute WHERE attrelid >= 16384 AND attacl IS NOT NULL",
    "pg_attribute WHERE attrelid >= 16384 AND attfdwoptions IS NOT NULL",
    "pg_attrdef WHERE pg_get_expr(adbin, adrelid) ~ 'next_booking_code'",
    "pg_auth_members WHERE admin_option AND roleid::regrole::text ~ 'flights_'",
    "pg_cast WHERE oid >= 16384 AND castmethod = 'f'",
    "pg_cast WHERE oid >= 16384 AND castmethod = 'b'",
    "pg_cast WHERE oid >= 16384 AND castmethod = 'i'",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND relpersistence = 'u'",
    "pg_class WHERE oid >= 16384 AND relkind = 'm' AND relispopulated",
    "pg_class WHERE oid >= 16384 AND relkind = 'm' AND NOT relispopulated",
    "pg_class WHERE oid >= 16384 AND relkind = 'p' AND relispartition",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND relnatts = 0",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND reloftype <> 0",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND reloptions IS NOT NULL",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND relreplident = 'f'",
    "pg_class WHERE oid >= 16384 AND relkind = 'r' AND relreplident = 'n'",
    "pg_class WHERE oid >= 16384 AND relkind = 'v' AND 'security_barrier=true' = ANY (reloptions)",
    "pg_class WHERE oid >= 16384 AND relkind = 'v' AND 'check_option=cascaded' = ANY (reloptions)",
    "pg_class WHERE relforcerowsecurity",
    "pg_class WHERE oid >= 16384 AND relname ~ '[^a-z0-9_]'",
    "pg_class WHERE oid >= 16384 AND relkind = 'S' AND relacl IS NOT NULL",
    "pg_collation WHERE oid >= 16384 AND collprovider = 'i' AND NOT collisdeterministic",
    "pg_constraint WHERE oid >= 16384 AND contype = 'x'",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND NOT convalidated",
    "pg_constraint WHERE oid >= 16384 AND contype = 'c' AND contypid <> 0 AND NOT convalidated",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND condeferred",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND confdeltype = 'a'",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND confdeltype = 'r'",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND confdeltype = 'c'",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND confdeltype = 'n'",
    "pg_constraint WHERE oid >= 16384 AND contype = 'f' AND confdeltype = 'd'",
    "pg_conversion WHERE oid >= 16384",
    "pg_database WHERE datname = current_database() AND datacl IS NOT NULL AND datconnlimit > 0",
    "pg_db_role_setting WHERE setdatabase <> 0 AND setrole <> 0",
    "pg_db_role_setting WHERE setdatabase <> 0 AND setrole = 0",
    "pg_db_role_setting WHERE setdatabase = 0 AND setrole::regrole::text ~ 'flights_'",
    "pg_default_acl WHERE defaclnamespace = 0",
    "pg_default_acl WHERE defaclnamespace <> 0",
    "pg_enum WHERE enumsortorder <> trunc(enumsortorder)",
    "pg_event_trigger WHERE evtenabled = 'O'",
    "pg_event_trigger WHERE evtenabled = 'D'",
    "pg_extension WHERE extconfig IS NOT NULL",
    "pg_foreign_data_wrapper WHERE fdwhandler = 0",
    "pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL",
    "pg_foreign_server WHERE srvoptions IS NOT NULL AND srvacl IS NOT NULL",
    "pg_foreign_table WHERE ftoptions IS NOT NULL",
    "pg_index WHERE indexrelid >= 16384 AND indpred IS NOT NULL",
    "pg_index WHERE indexrelid >= 16384 AND indexprs IS NOT NULL",
    "pg_index WHERE indexrelid >= 16384 AND indnkeyatts < indnatts",
    "pg_index WHERE indexrelid >= 16384 AND indisclustered",
    "pg_index WHERE indexrelid >= 16384 AND indisreplident",
    "pg_index WHERE indexrelid >= 16384 AND indnullsnotdistinct",
    "pg_index WHERE indexrelid >= 16384 AND NOT indisvalid",
    "pg_init_privs WHERE objoid >= 16384",
    "pg_inherits WHERE NOT (SELECT relispartition FROM pg_class WHERE oid = inhrelid)",
    "pg_language WHERE oid >= 16384 AND lanacl IS NOT NULL",
    "pg_largeobject_metadata WHERE lomacl IS NOT NULL",
    "pg_largeobject WHERE pageno > 10",
    "pg_namespace WHERE oid >= 16384 AND nspacl IS NOT NULL",
    "pg_opclass WHERE oid >= 16384 AND opcname = 'integer_backwards'",
    "pg_opfamily WHERE oid >= 16384 AND opfname = 'backwards'",
    "pg_operator WHERE oid >= 16384 AND oprname = '<<<'",
    "pg_parameter_acl",
    "pg_partitioned_table WHERE partstrat = 'r'",
    "pg_partitioned_table WHERE partstrat = 'l'",
    "pg_partitioned_table WHERE partstrat = 'h'",
    "pg_partitioned_table WHERE partdefid <> 0",
    "pg_partitioned_table WHERE partexprs IS NOT NULL",
    "pg_policy WHERE polpermissive",
    "pg_policy WHERE NOT polpermissive",
    "pg_policy WHERE polcmd = 'a'",
    "pg_proc WHERE oid >= 16384 AND prokind = 'p' AND proacl IS NOT NULL",
    "pg_proc WHERE oid >= 16384 AND prokind = 'w'",
    "pg_proc WHERE oid >= 16384 AND prosecdef AND proconfig IS NOT NULL",
    "pg_proc WHERE oid >= 16384 AND provariadic <> 0",
    "pg_proc WHERE oid >= 16384 AND prosqlbody IS NOT NULL",
    "pg_proc WHERE oid >= 16384 AND pronargdefaults > 0",
    "pg_proc WHERE oid >= 16384 AND prosupport <> 0",
    "pg_proc WHERE oid >= 16384 AND protrftypes IS NOT NULL",
    "pg_publication WHERE puballtables",
    "pg_publication_namespace",
    "pg_publication_rel WHERE prqual IS NOT NULL AND prattrs IS NOT NULL",
    "pg_range WHERE rngtypid >= 16384 AND rngsubdiff <> 0",
    "pg_rewrite WHERE oid >= 16384 AND ev_enabled = 'D'",
    "pg_rewrite WHERE oid >= 16384 AND rulename = 'keep_notes'",
    "pg_roles WHERE rolname = 'flights_analyst' AND rolconnlimit = 5 AND rolvaliduntil IS NOT NULL",
    "pg_sequence WHERE seqcycle AND seqcache > 1 AND seqincrement > 1",
    "pg_shdescription WHERE classoid = 'pg_authid'::regclass",
    "pg_statistic_ext WHERE stxexprs IS NOT NULL",
    "pg_statistic_ext WHERE stxstattarget > 0",
    "pg_subscription WHERE NOT subenabled",
    "pg_transform WHERE oid >= 16384",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tgenabled = 'D'",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tgenabled = 'R'",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tgenabled = 'A'",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tginitdeferred",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tgoldtable IS NOT NULL",
    "pg_trigger WHERE oid >= 16384 AND NOT tgisinternal AND tgqual IS NOT NULL",
    "pg_trigger WHERE oid >= 16384 AND tgtype & 64 <> 0",
    "pg_ts_config WHERE oid >= 16384",
    "pg_ts_dict WHERE oid >= 16384 AND dictname = 'notices_words'",
    "pg_ts_parser WHERE oid >= 16384",
    "pg_ts_template WHERE oid >= 16384 AND tmplname = 'notices_template'",
    "pg_type WHERE oid >= 16384 AND typtype = 'e' AND typacl IS NOT NULL",
    "pg_type WHERE oid >= 16384 AND typtype = 'd' AND typnotnull AND typdefault IS NOT NULL",
    "pg_type WHERE oid >= 16384 AND typtype = 'c' AND typname = 'whereabouts'",
    "pg_type WHERE oid >= 16384 AND typtype = 'm'",
    "pg_type WHERE oid >= 16384 AND typtype = 'b' AND typname = 'squawk'",
    "pg_user_mappings WHERE umoptions IS NOT NULL",
    "partman.part_config",
]

COMMENTED = [
    "am", "cast", "class", "collation", "constraint", "conversion", "event_trigger", "foreign_data_wrapper",
    "foreign_server", "language", "largeobject", "namespace", "opclass", "operator", "opfamily", "policy",
    "proc", "publication", "rewrite", "statistic_ext", "subscription", "transform", "trigger", "ts_config",
    "ts_dict", "ts_parser", "ts_template", "type",
]  # fmt: skip
CATALOGS += [
    f"pg_description WHERE objoid >= 16384 AND classoid = 'pg_{catalog}'::regclass" for catalog in COMMENTED
]


@pytest.fixture(scope="module")
def loaded(primary: DatabaseServer) -> Iterator[str]:
    """The whole database, in a throwaway server; its name."""
    name = "flights_whole"
    assert flights.load(primary.dsn(), dbname=name) is True
    yield name
    flights.drop(primary.dsn(), name)


def test_every_row_of_2013_is_there_and_a_second_load_changes_nothing(
    primary: DatabaseServer, loaded: str
) -> None:
    assert flights.load(primary.dsn(), dbname=loaded) is False
    counts = {
        table: primary.execute(f"SELECT count(*) FROM {table}", dbname=loaded)[0][0] for table in flights.ROWS
    }
    assert counts == flights.ROWS
    cancelled = primary.execute("SELECT count(*) FROM flights WHERE dep_time IS NULL", dbname=loaded)
    assert cancelled == [(8255,)], "NA became NULL"


def test_every_class_of_object_is_there(primary: DatabaseServer, loaded: str) -> None:
    questions = " UNION ALL ".join(
        f"SELECT {number}, EXISTS (SELECT FROM {catalog})" for number, catalog in enumerate(CATALOGS)
    )
    answers = dict(primary.execute(questions, dbname=loaded))
    assert [CATALOGS[number] for number, there in answers.items() if not there] == []
    assert len(answers) == len(CATALOGS)


def test_a_half_loaded_database_is_loaded_again(primary: DatabaseServer) -> None:
    name = "flights_half"
    flights.load(primary.dsn(), dbname=name, limit=JANUARY)
    primary.execute("CREATE TABLE leftover ()", dbname=name)
    primary.execute(f"COMMENT ON DATABASE {name} IS NULL")
    assert flights.load(primary.dsn(name), dbname=name, limit=JANUARY) is True, (
        "by a DSN of the database itself"
    )
    assert primary.execute("SELECT to_regclass('leftover'), count(*) FROM flights", dbname=name) == [
        (None, JANUARY)
    ]
    flights.drop(primary.dsn(), name)
    assert primary.execute(f"SELECT FROM pg_database WHERE datname = '{name}'") == []


def test_a_missing_extension_is_named(
    primary: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "03_extensions.sql").write_text("CREATE EXTENSION hstore;\nCREATE EXTENSION no_such;\n")
    monkeypatch.setattr(flights, "SQL", tmp_path)
    with pytest.raises(flights.FlightsError, match="lacks the extensions no_such: apt-get install"):
        flights.load(primary.dsn(), dbname="flights_never")
    assert primary.execute("SELECT FROM pg_database WHERE datname = 'flights_never'") == []


def test_a_server_without_partman_gets_the_rest(
    primary: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in flights.SQL.glob("*.sql"):
        text = path.read_text().replace("CREATE EXTENSION pg_partman", "CREATE EXTENSION not_installed")
        (tmp_path / path.name).write_text(text)
    monkeypatch.setattr(flights, "SQL", tmp_path)
    said: list[str] = []
    assert flights.load(primary.dsn(), dbname="flights_plain", limit=JANUARY, say=said.append) is True
    assert [line for line in said if "18_partman left out" in line and "not_installed" in line]
    assert primary.execute("SELECT count(*) FROM airlines", dbname="flights_plain") == [(16,)]
    flights.drop(primary.dsn(), "flights_plain")


def test_pg_restore_brings_it_back_without_an_error(
    primary: DatabaseServer, loaded: str, tmp_path: Path
) -> None:
    copy = primary.create_database("flights_copy", template="template0")
    try:
        _run(primary, "pg_dump", "-Fd", "-j2", "-f", str(tmp_path / "dump"), loaded)
        _run(primary, "pg_restore", "--exit-on-error", "-j2", "-d", copy, str(tmp_path / "dump"))
        assert _schema(primary, copy) == _schema(primary, loaded)
        assert _counts(primary, copy) == _counts(primary, loaded)
    finally:
        flights.drop(primary.dsn(), copy)


def _run(server: DatabaseServer, program: str, *arguments: str) -> str:
    connection = server.connection
    environment = {
        **os.environ,
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGUSER": connection.login,
        "PGPASSWORD": connection.password,
    }
    done = subprocess.run(
        [PROGRAMS / program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _schema(server: DatabaseServer, dbname: str) -> list[str]:
    text = _run(server, "pg_dump", "--schema-only", dbname)
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def _counts(server: DatabaseServer, dbname: str) -> dict[str, int]:
    tables = server.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE oid >= 16384 AND relkind IN ('r', 'm') AND relispopulated"
        " AND relnamespace::regnamespace::text <> 'information_schema' ORDER BY 1",
        dbname=dbname,
    )
    counts = " UNION ALL ".join(f"SELECT $t${table}$t$, count(*) FROM {table}" for (table,) in tables)
    return dict(server.execute(counts, dbname=dbname))
