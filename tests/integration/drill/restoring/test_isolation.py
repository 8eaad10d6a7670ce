"""What is restored reaches nobody, and production does not notice a drill."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dataops import postgres
from dataops.backup.restore import confined
from dataops.drill.checking import run_checks
from dataops.drill.restored import RestoredServer
from dataops.drill.restoring import restored
from dataops.evidence.verdict import Verdict

from tests.integration.bench import SCRIPT
from tests.integration.drill.conftest import latest


def ask(server: RestoredServer, dbname: str, query: str) -> Any:
    with (
        closing(postgres.connect(server.connection, dbname=dbname, autocommit=True)) as session,
        session.cursor() as cursor,
        postgres.explained(),
    ):
        cursor.execute(query)
        return cursor.fetchall()


def outward(primary: Any) -> str:
    """Foreign data, a subscription and a tablespace, all of which lead to the source's own server."""
    address = f"host '127.0.0.1', port '{primary.port}', dbname 'postgres'"
    login = f"user 'postgres', password '{primary.cluster.password}'"
    remote = "schema_name 'pg_catalog', table_name 'pg_roles'"
    return f"""
    {SCRIPT}
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER home FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({address});
    CREATE USER MAPPING FOR postgres SERVER home OPTIONS ({login});
    CREATE FOREIGN TABLE everyone (rolname name) SERVER home OPTIONS ({remote});
    CREATE SUBSCRIPTION away CONNECTION 'host=127.0.0.1 port={primary.port} dbname=postgres'
        PUBLICATION nothing WITH (connect = false, slot_name = 'drill_must_not_use');
    """


def test_nothing_in_the_scratch_server_connects_to_anything(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], primary: Any, drill_id: str, work_dir: Path
) -> None:
    one = bench(outward(primary))
    one.backup()
    name, job = one.database.dbname, job_of(one)
    assert primary.execute("SELECT count(*) > 0 FROM everyone", dbname=name) == [(True,)]
    with restored(job, latest(job), drill_id=drill_id) as server:
        (folder,) = work_dir.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(postgres.QueryFailed, match="could not connect"):
            ask(server, name, "SELECT count(*) FROM everyone")
        settings = dict(ask(server, name, "SELECT name, setting FROM pg_settings"))
        assert settings["archive_mode"] == "off"
        assert not settings["listen_addresses"]
        assert settings["max_logical_replication_workers"] == "0"
        workers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%'"
        assert ask(server, name, workers) == [(0,)]
        assert not any(primary.cluster.password in line for line in server.restore_log)
        assert not any(primary.cluster.password in line for line in server.server_log())


def test_a_materialized_view_that_only_another_server_could_fill_is_inconclusive(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], primary: Any, drill_id: str
) -> None:
    view = "CREATE MATERIALIZED VIEW copied AS SELECT rolname FROM roles; CREATE VIEW roles2 AS TABLE copied"
    one = bench(f"{outward(primary)} CREATE VIEW roles AS TABLE everyone; {view}")
    one.backup()
    job = job_of(one)
    with restored(job, latest(job), drill_id=drill_id) as server:
        checks = run_checks(server, job).checks
    red = {check.name: check for check in checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}}
    assert {check.verdict for check in red.values()} == {Verdict.INCONCLUSIVE}, red
    assert {"restore log", "materialized views"} <= red.keys()
    assert "reads a foreign table" in red["materialized views"].reason


def test_without_a_namespace_the_drill_still_runs(
    bench: Callable[..., Any],
    job_of: Callable[[Any], Any],
    drill_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(confined, "_works", lambda words: False)
    one = bench("CREATE TABLE t AS SELECT 1 AS a")
    one.backup()
    job = job_of(one)
    with restored(job, latest(job), drill_id=drill_id) as server:
        assert ask(server, one.database.dbname, "SELECT a FROM t") == [(1,)]
