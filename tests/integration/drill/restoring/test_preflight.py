"""Before a drill everything that would spoil it is said, in a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.restore import confined
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill import preflight as room
from dataops.drill.preflight import preflight
from dataops.drill.restoring import restored
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.platform import Platform

from tests.conftest import ObjectStoreServer
from tests.integration.drill.conftest import latest
from tests.integration.plant import Run, Site

SCRIPT = """
CREATE EXTENSION dblink;
CREATE TABLE t AS SELECT 1 AS a;
"""


@pytest.fixture
def one(bench: Callable[..., Any]) -> Any:
    made = bench(SCRIPT)
    made.backup()
    return made


def red(checks: tuple[Check, ...]) -> dict[str, tuple[Verdict, str]]:
    return {each.name: (each.verdict, each.reason) for each in checks if each.verdict is not Verdict.PASSED}


def anew(one: Any, **changes: Connection | None) -> Platform:
    """The bench's platform with other connections."""

    def resolve(connection_id: str) -> Connection:
        found = {**one.connections, **changes}.get(connection_id)
        if found is None:
            raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
        return found

    return Platform("test", one.platform.inventory, resolve)


def test_all_is_there_and_nothing_stays_in_the_store(one: Any, job_of: Callable[[Any], Job]) -> None:
    job = job_of(one)
    checks = preflight(job, latest(job))
    assert red(checks) == {}, checks
    assert [each.name for each in checks] == [
        *("keys", "store", "programs", "match", "isolation", "disk", "memory")
    ]
    assert not [key for key in one.keys("") if "preflight-" in key]


def test_missing_keys_and_rights_are_named(
    one: Any, job_of: Callable[[Any], Job], object_store_server: ObjectStoreServer
) -> None:
    job = job_of(one)
    point = latest(job)
    blind = replace(job, platform=anew(one, dataops_decryption=None))
    verdict, why = red(preflight(blind, point))["keys"]
    assert verdict is Verdict.INCONCLUSIVE
    assert "create the connection 'dataops_decryption'" in why
    reader = object_store_server.connection("dataops_store", object_store_server.reader)
    verdict, why = red(preflight(replace(job, platform=anew(one, dataops_store=reader)), point))["store"]
    assert verdict is Verdict.INCONCLUSIVE


def test_a_damaged_manifest_or_a_lost_object_is_a_failure(one: Any, job_of: Callable[[Any], Job]) -> None:
    job = job_of(one)
    point = latest(job)
    key = next(each.key for each in point.header.objects if "/pieces/" in each.key)
    one.store.delete([key])
    assert red(preflight(job, point))["store"][0] is Verdict.FAILED
    details = str(point.header.details_key)
    one.store.put(details, one.store.get(details)[:-20])
    assert red(preflight(job, point))["keys"][0] is Verdict.FAILED


def test_what_cannot_be_matched_is_inconclusive_before_and_during_the_drill(
    one: Any, job_of: Callable[[Any], Job], drill_id: str
) -> None:
    job = job_of(one)
    point = latest(job)
    other = replace(point, header=point.header.model_copy(update={"server_version": "14.2"}))
    found = red(preflight(job, other))
    assert set(found) == {"programs", "match"}
    assert {verdict for verdict, _ in found.values()} == {Verdict.INCONCLUSIVE}
    assert "PostgreSQL 14" in found["match"][1]
    with pytest.raises(InconclusiveError, match="PostgreSQL 14"), restored(job, other, drill_id=drill_id):
        pass


def test_too_little_room_or_no_isolation_is_red(
    one: Any, job_of: Callable[[Any], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(one)
    point = latest(job)
    huge = replace(point, header=point.header.model_copy(update={"database_bytes": 1 << 60}))
    monkeypatch.setattr(room, "available", lambda: 1 << 20)
    monkeypatch.setattr(confined, "_works", lambda words: False)
    found = red(preflight(job, huge))
    assert set(found) == {"disk", "memory", "isolation"}
    assert "network namespaces" in found["isolation"][1]


def test_a_folder_that_the_server_cannot_enter_is_named(
    one: Any, job_of: Callable[[Any], Job], tmp_path: Path
) -> None:
    job = job_of(one)
    tmp_path.chmod(0o700)
    hidden = replace(job, options={"work_dir": str(tmp_path)})
    if room.os_user() is not None:
        assert "cannot enter" in red(preflight(hidden, latest(job)))["disk"][1]


def test_a_server_is_ready_too(site: Site, full: Run, work_dir: Path) -> None:
    job = Job(site.platform(), site.server(), lambda line: None, {"work_dir": str(work_dir)})
    assert red(preflight(job, latest(job))) == {}
