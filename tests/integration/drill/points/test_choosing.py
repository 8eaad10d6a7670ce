"""Which point a drill takes, from what really lies in the store; and what the drill leaves about it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from dataops.backup import catalog
from dataops.backup.manifest.header import UnreadableManifest
from dataops.backup.restore.point import NoSuchPoint
from dataops.backup.steps import Job
from dataops.drill.choosing import NothingToProve, choose
from dataops.drill.point import Point
from dataops.drill.proof import write_proof
from dataops.errors import ConfigurationError
from dataops.evidence.record import Lineage, Record, Step
from dataops.evidence.verdict import Check, Verdict, overall
from dataops.platform import Platform

from tests.integration.backup.published import database, header, platform, prove, publish, server

if TYPE_CHECKING:
    from tests.conftest import ObjectStoreServer

DAY = timedelta(days=1)


@pytest.fixture
def orders(object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A drill of the database ``orders`` over an empty bucket."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
    connections = {"dataops_store": object_store_server.connection("dataops_store")}
    made = platform(connections, servers=(server(),), databases=(database(),))
    return job(made)


def job(of: Platform) -> Job:
    return Job(of, of.inventory.subject("orders"), lambda line: None)


def backed_up(orders: Job, *ages: int) -> list[str]:
    return [publish(orders.platform.store, header(age=age * DAY)) for age in ages]


def record(orders: Job, point: Point, *checks: Check, prepared: Verdict = Verdict.PASSED) -> Record:
    now = datetime.now(UTC)
    return Record(
        capability="restore_drill",
        subject="orders",
        environment="sandbox",
        verdict=overall(checks),
        reason="",
        started=now,
        finished=now,
        steps=(Step(name="prepare", started=now, finished=now, verdict=prepared),),
        checks=checks,
        lineage=Lineage(backup_id=point.header.backup_id),
        details={"point": point.to_json(), "coverage": {"share": 0.5}},
    )


def drilled(orders: Job, point: Point, verdict: str = "passed") -> None:
    check = Check(name="row counts", verdict=Verdict(verdict))
    write_proof(orders.platform.store, record(orders, point, check), "evidence/x")


def test_without_a_backup_nothing_is_proven(orders: Job):
    with pytest.raises(NothingToProve, match="nothing could be proven"):
        choose(orders, None)


def test_each_wish_means_its_backup(orders: Job):
    old, middle, new = backed_up(orders, 9, 5, 1)
    chosen = {wish: choose(orders, wish).header.backup_id for wish in ("latest", "oldest", middle)}
    assert chosen == {"latest": new, "oldest": old, middle: middle}
    at = (datetime.now(UTC) - 4 * DAY).isoformat()
    assert choose(orders, at).header.backup_id == middle
    drawn = {choose(orders, "random", dice=random.Random(seed)).header.backup_id for seed in range(20)}
    assert drawn == {old, middle, new}


@pytest.mark.parametrize(
    "wish",
    [
        "newest",
        "20990101T000000Z-abcdef",
        "1999-01-01T00:00:00Z",
        "2099-01-01T00:00:00Z",
    ],
)
def test_a_wish_that_means_nothing_is_refused_by_name(orders: Job, wish: str):
    backed_up(orders, 1)
    with pytest.raises(NoSuchPoint) as caught:
        choose(orders, wish)
    assert isinstance(caught.value, ConfigurationError)
    if wish == "newest":
        for form in ("latest", "oldest", "random", "backup id", "time"):
            assert form in str(caught.value)


def test_a_damaged_manifest_is_never_stepped_over(orders: Job):
    good, broken = backed_up(orders, 3, 1)
    orders.platform.store.put(catalog.manifest_key("orders", broken), b"{")
    for wish in ("latest", broken):
        with pytest.raises(UnreadableManifest, match=broken):
            choose(orders, wish)
    said: list[str] = []
    assert choose(Job(orders.platform, orders.subject, said.append), "oldest").header.backup_id == good
    assert any(broken in line for line in said)


def test_a_point_travels_between_tasks_and_notices_that_its_backup_is_gone(orders: Job):
    backed_up(orders, 1)
    point = choose(orders, None)
    assert Point.from_json(point.to_json(), orders.platform, orders.subject) == point
    orders.platform.store.delete([catalog.manifest_key("orders", point.header.backup_id)])
    with pytest.raises(catalog.BackupGone, match=point.header.backup_id):
        Point.from_json(point.to_json(), orders.platform, orders.subject)


def test_drills_by_coverage_prove_every_backup(orders: Job):
    ids = backed_up(orders, 5, 4, 3, 2)
    seen = []
    for _ in range(2 * len(ids)):
        point = choose(orders, "coverage")
        seen.append(point.header.backup_id)
        drilled(orders, point)
    assert seen[0] == ids[-1]
    assert set(seen) == set(ids)
    assert all(each.proven for each in catalog.backups(orders.platform.store, "orders"))


def test_only_a_drill_that_looked_changes_what_is_proven(orders: Job):
    backed_up(orders, 1)
    point = choose(orders, None)
    drilled(orders, point)
    drilled(orders, point, "inconclusive")
    (backup,) = catalog.backups(orders.platform.store, "orders")
    assert backup.proven and backup.proof is not None and backup.proof.coverage == {"share": 0.5}
    assert backup.last_drill is not None and backup.last_drill.verdict is Verdict.INCONCLUSIVE
    drilled(orders, point, "failed")
    assert not catalog.backups(orders.platform.store, "orders")[0].proven
    drilled(orders, point, "inconclusive")
    assert not catalog.backups(orders.platform.store, "orders")[0].proven


def test_a_drill_that_ended_before_the_restore_takes_no_proof_away(orders: Job):
    backed_up(orders, 1)
    point = choose(orders, None)
    drilled(orders, point)
    stopped = record(orders, point, Check(name="disk", verdict=Verdict.FAILED), prepared=Verdict.FAILED)
    write_proof(orders.platform.store, stopped, "evidence/y")
    assert catalog.backups(orders.platform.store, "orders")[0].proven


def test_the_proof_of_a_backup_that_is_gone_is_not_written(orders: Job):
    backed_up(orders, 1)
    point = choose(orders, None)
    orders.platform.store.delete([catalog.manifest_key("orders", point.header.backup_id)])
    drilled(orders, point)
    assert not list(orders.platform.store.list("proofs/"))


def test_a_drill_writes_nothing_below_backups(orders: Job):
    backed_up(orders, 1)
    before = [each.key for each in orders.platform.store.list("backups/")]
    point = choose(orders, None)
    drilled(orders, point)
    prove(orders.platform.store, "orders", point.header.backup_id)
    assert [each.key for each in orders.platform.store.list("backups/")] == before
