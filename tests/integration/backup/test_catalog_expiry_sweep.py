"""What is in the store is the catalog; expiry and sweep delete only what they may. On a real S3 store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from dataops.backup import catalog
from dataops.backup.expire import plan, step
from dataops.backup.retention import Action
from dataops.backup.steps import Job
from dataops.backup.sweep import sweep
from dataops.evidence.verdict import Verdict
from dataops.platform import Platform
from dataops.store import LeaseHeld, ObjectStore, lease

from tests.integration.backup.published import database, header, platform, prove, publish, server

if TYPE_CHECKING:
    from tests.conftest import ObjectStoreServer

DAY = timedelta(days=1)
SHORT = {"daily": 1, "weekly": 0, "monthly": 0, "minimum": 1, "keep_proven": 1}


@pytest.fixture
def two_buckets(object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform with a store and a replica, and one database with a short retention."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", object_store_server.bucket())
    connections = {
        name: object_store_server.connection(name) for name in ("dataops_store", "dataops_replica")
    }
    return platform(connections, servers=(server(),), databases=(database(retention=SHORT),))


@pytest.fixture
def replica(two_buckets: Platform) -> ObjectStore:
    """The replica bucket's store."""
    assert two_buckets.replica is not None
    return two_buckets.replica


def job(of: Platform) -> Job:
    return Job(platform=of, subject=of.inventory.subject("orders"), say=lambda line: None)


def ids(of: ObjectStore) -> list[str]:
    return [backup.backup_id for backup in catalog.backups(of, "orders")]


def test_without_a_manifest_there_is_no_backup(two_buckets: Platform):
    store = two_buckets.store
    old, new = (publish(store, header(age=age * DAY)) for age in (2, 1))
    store.put("backups/orders/20261101T000000Z-abcdef/pieces/toc.dat", b"left by a run that died")
    found = catalog.read(store, "orders")
    assert [backup.backup_id for backup in found.backups] == [new, old]
    assert found.unfinished == ("20261101T000000Z-abcdef",)
    assert catalog.subjects(store) == ("orders",)


def test_a_broken_manifest_is_named_and_hides_no_other(two_buckets: Platform):
    store = two_buckets.store
    good, broken = (publish(store, header(age=age * DAY)) for age in (1, 2))
    store.put(catalog.manifest_key("orders", broken), b'{"format": 1, "backup_id": ')
    found = catalog.read(store, "orders")
    assert [backup.backup_id for backup in found.backups] == [good]
    assert [damaged.backup_id for damaged in found.damaged] == [broken]


def test_the_latest_drill_decides_whether_a_backup_is_proven(two_buckets: Platform):
    backup_id = publish(two_buckets.store, header())
    prove(two_buckets.store, "orders", backup_id, "passed", age=DAY)
    assert catalog.backups(two_buckets.store, "orders")[0].proven
    prove(two_buckets.store, "orders", backup_id, "failed")
    assert not catalog.backups(two_buckets.store, "orders")[0].proven


def test_expiry_removes_from_both_buckets_what_the_plan_lets_go(two_buckets: Platform, replica: ObjectStore):
    old, new = header(age=9 * DAY), header()
    for written in (old, new):
        publish(two_buckets.store, written)
        publish(replica, written)
    prove(two_buckets.store, "orders", new.backup_id)
    expected = {
        each.backup_id: each.action for each in plan(two_buckets, two_buckets.inventory.subject("orders"))
    }
    assert expected == {new.backup_id: Action.KEEP, old.backup_id: Action.EXPIRE}
    report = step(job(two_buckets))
    assert report.data["expired"] == [old.backup_id]
    assert report.checks[0].verdict is Verdict.PASSED
    assert ids(two_buckets.store) == ids(replica) == [new.backup_id]
    assert not list(replica.list(catalog.folder("orders", old.backup_id)))


def test_expiry_without_proof_removes_nothing(two_buckets: Platform):
    backups = {publish(two_buckets.store, header(age=age * DAY)) for age in (0, 40, 400)}
    assert step(job(two_buckets)).data["expired"] == []
    assert set(ids(two_buckets.store)) == backups


def test_expiry_leaves_what_is_under_object_lock(
    two_buckets: Platform, object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket(lock_days=1))
    locked, new = (publish(two_buckets.store, header(age=age * DAY)) for age in (9, 0))
    prove(two_buckets.store, "orders", new)
    decisions = plan(two_buckets, two_buckets.inventory.subject("orders"))
    reasons = {each.backup_id: each.reason for each in decisions}
    assert reasons[locked].startswith("under object lock until")
    assert step(job(two_buckets)).data["expired"] == []
    assert locked in ids(two_buckets.store)


def test_expiry_waits_for_nobody_who_holds_the_lease(two_buckets: Platform):
    publish(two_buckets.store, header())
    with (
        lease(two_buckets.store, "backup/orders", holder="backup of orders by ann", seconds=60),
        pytest.raises(LeaseHeld, match="ann"),
    ):
        step(job(two_buckets))


def test_the_sweep_removes_old_leftovers_and_nothing_else(two_buckets: Platform):
    store = two_buckets.store
    backup_id = publish(store, header(age=30 * DAY))
    recent = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-abcdef"
    for left in ("20261101T000000Z-abcdef", recent):
        store.put(f"backups/orders/{left}/pieces/toc.dat", b"left by a run that died")
    said: list[str] = []
    record = sweep(two_buckets, say=said.append)
    assert record.verdict is Verdict.PASSED, record.reason
    assert any("20261101T000000Z-abcdef" in line for line in said)
    found = catalog.read(store, "orders")
    assert found.unfinished == (recent,)
    assert [backup.backup_id for backup in found.backups] == [backup_id]


def test_a_sweep_that_cannot_reach_the_store_is_not_green(
    two_buckets: Platform, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATAOPS_BUCKET", "no-such-bucket")
    record = sweep(two_buckets, say=lambda line: None)
    assert record.verdict is Verdict.INCONCLUSIVE
