"""Whoever restores after a lost region knows one bucket, and it is not the lost one."""

from __future__ import annotations

import pytest
from dataops.backup.physical.engine import repositories
from dataops.connections import Connection
from dataops.failover.region.survivor import NoOtherRegion, Survivor
from dataops.inventory import Inventory
from dataops.platform import Platform

STORE = Connection("dataops_store", "aws", login="first", extra={"endpoint_url": "https://first.example"})
REPLICA = Connection("dataops_replica", "aws", login="other", extra={"endpoint_url": "https://other.example"})


def platform(replica: Connection = REPLICA) -> Platform:
    return Platform("test", Inventory(), {"dataops_store": STORE, "dataops_replica": replica}.__getitem__)


@pytest.fixture(autouse=True)
def buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_BUCKET", "ours")
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", "copies")


def test_its_store_is_the_other_regions_bucket_and_there_is_no_other() -> None:
    survivor = Survivor.of(platform())
    assert (survivor.store.bucket, survivor.replica) == ("copies", None)
    for name in ("dataops_store", "dataops_replica"):
        assert survivor.connection(name).login == "other"
    (only,) = repositories(survivor)
    assert (only.number, only.bucket, only.connection.login) == (1, "copies", "other")


def test_without_a_replica_nothing_would_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET")
    with pytest.raises(NoOtherRegion, match="would take every backup"):
        Survivor.of(platform())


def test_a_replica_that_is_the_store_is_lost_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", "ours")
    Survivor.of(platform())  # the same name at another place is another bucket
    with pytest.raises(NoOtherRegion, match="lost with it"):
        Survivor.of(platform(STORE))
