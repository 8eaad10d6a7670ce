"""A drill leaves production alone: it needs neither the source server nor any right to write to the backups.

That is shown by taking both away: the source's connection leads nowhere, the store's user may only read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.restoring import restored, torn_down
from dataops.evidence.verdict import Verdict
from dataops.platform import Platform

from sandbox.ports import free_port
from tests.conftest import ObjectStoreServer
from tests.integration.drill.conftest import latest
from tests.integration.plant import Run, Site

STATISTICS = """
SELECT sum(xact_commit), sum(tup_inserted), sum(tup_updated), sum(tup_deleted), sum(sessions)
FROM pg_stat_database WHERE datname IS NOT NULL
"""


def nowhere(connection: Connection) -> Connection:
    """The source's connection, with nobody at its end."""
    return replace(connection, host="127.0.0.1", port=free_port(), password="")


def objects(client: Any, bucket: str) -> dict[str, tuple[str, Any]]:
    """Every object of a bucket with its hash and time of writing."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {
        each["Key"]: (each["ETag"], each["LastModified"])
        for page in pages
        for each in page.get("Contents", [])
    }


def reading(store: ObjectStoreServer) -> dict[str, Connection]:
    """The stores' connections of a user who may only read."""
    return {name: store.connection(name, store.reader) for name in ("dataops_store", "dataops_replica")}


def test_a_logical_drill(
    bench: Callable[..., Any],
    object_store_server: ObjectStoreServer,
    drill_id: str,
    work_dir: Path,
) -> None:
    one = bench()
    one.backup()
    bucket = one.store.bucket
    before = objects(object_store_server.client, bucket)
    one.connections.update(reading(object_store_server))
    one.connections["test_primary"] = nowhere(one.connections["test_primary"])
    platform = Platform("test", one.platform.inventory, one.platform.resolve)
    job = Job(platform, one.database, one.said.append, {"work_dir": str(work_dir)})
    with restored(job, latest(job), drill_id=drill_id) as server:
        assert server.dbnames == (one.database.dbname,)
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert objects(object_store_server.client, bucket) == before


def test_a_physical_drill_which_would_archive_if_it_could(
    site: Site, full: Run, object_store_server: ObjectStoreServer, drill_id: str, work_dir: Path
) -> None:
    before = objects(site.store.client, site.bucket)
    platform = site.platform(
        **reading(object_store_server), plant_primary=nowhere(site.connections["plant_primary"])
    )
    job = Job(platform, site.server(), lambda line: None, {"work_dir": str(work_dir)})
    (*statistics,) = site.primary.execute(STATISTICS)
    with restored(job, latest(job), drill_id=drill_id) as server:
        assert not (work_dir / f"dataops-drill-{drill_id}" / "data.recovery").exists()
        written = [line for line in server.server_log() if "archive" in line and "fail" in line]
        assert written == []
    after = objects(site.store.client, site.bucket)
    archived = {key for key in set(after) - set(before) if "/archive/" in key}  # by the source, on its clock
    assert set(after) - archived == set(before)
    assert all(after[key] == before[key] for key in before if not key.endswith("archive.info"))
    # one more commit and session: that of the question itself
    (now,) = site.primary.execute(STATISTICS)
    assert [later - earlier for later, earlier in zip(now, statistics[0], strict=True)][1:4] == [0, 0, 0]
