"""Two drills of one subject, and a backup that expires while it is drilled: both correct, or one refuses."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dataops.backup import catalog, expire
from dataops.backup.drilled import drilled
from dataops.backup.expire import plan, step
from dataops.backup.manifest.header import Header, PgBackRest
from dataops.backup.retention import Action
from dataops.backup.steps import Job
from dataops.drill.alone import NotAlone, alone
from dataops.drill.choosing import choose
from dataops.drill.point import Point
from dataops.errors import InconclusiveError
from dataops.platform import Platform

from tests.integration.backup.published import database, header, platform, prove, publish, server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import ObjectStoreServer

DAY = timedelta(days=1)
SHORT = {"daily": 1, "weekly": 0, "monthly": 0, "minimum": 1, "keep_proven": 1}


@pytest.fixture
def orders(object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> Job:
    """``orders`` with one proven backup of today and one of last week that retention lets go."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
    connections = {"dataops_store": object_store_server.connection("dataops_store")}
    made = platform(connections, servers=(server(),), databases=(database(retention=SHORT),))
    job = Job(made, made.inventory.subject("orders"), lambda line: None)
    publish(made.store, header(age=9 * DAY))
    prove(made.store, "orders", publish(made.store, header()))
    return job


def ids(of: Platform) -> list[str]:
    return [backup.backup_id for backup in catalog.backups(of.store, "orders")]


def reasons(job: Job) -> dict[str, str]:
    return {
        each.backup_id: each.reason for each in plan(job.platform, job.subject) if each.action is Action.KEEP
    }


def test_the_second_drill_of_a_subject_refuses_by_name(orders: Job):
    (new, old) = ids(orders.platform)
    with alone(orders, drill_id="first", backup_id=new):
        with (
            pytest.raises(NotAlone, match=f"drill first of backup {new}") as caught,
            alone(orders, drill_id="second", backup_id=old),
        ):
            pytest.fail("two drills at once")
        assert isinstance(caught.value, InconclusiveError)


def test_expiry_keeps_what_a_drill_restores_and_lets_it_go_the_next_time(orders: Job):
    (_, old) = ids(orders.platform)
    with alone(orders, drill_id="one", backup_id=old):
        assert reasons(orders)[old] == "a drill is restoring it"
        assert step(orders).data["expired"] == []
        assert old in ids(orders.platform)
    assert step(orders).data["expired"] == [old]
    assert not list(orders.platform.store.list(catalog.proofs_folder("orders", old)))


def test_a_drill_that_begins_while_expiry_deletes_keeps_its_backup(
    orders: Job, monkeypatch: pytest.MonkeyPatch
):
    (_, old) = ids(orders.platform)
    point = choose(orders, old).to_json()
    withdraw, begun = expire.withdraw, ExitStack()

    def meanwhile(of: Platform, written: Header) -> Callable[[], None]:
        begun.enter_context(alone(orders, drill_id="one", backup_id=old))
        return withdraw(of, written)

    monkeypatch.setattr(expire, "withdraw", meanwhile)
    with begun:
        assert step(orders).data["expired"] == []
    assert Point.from_json(point, orders.platform, orders.subject).header.backup_id == old


def test_a_drill_whose_backup_expired_before_it_began_says_so(orders: Job):
    (_, old) = ids(orders.platform)
    point = choose(orders, old).to_json()
    assert step(orders).data["expired"] == [old]
    with (
        alone(orders, drill_id="one", backup_id=old),
        pytest.raises(catalog.BackupGone, match=old),
    ):
        Point.from_json(point, orders.platform, orders.subject)


def test_what_the_drilled_backup_builds_on_stays_too(orders: Job):
    store = orders.platform.store
    full = header(age=20 * DAY, pgbackrest=PgBackRest(label="F", type="full", stanza="main"))
    diff = header(age=19 * DAY, pgbackrest=PgBackRest(label="D", type="diff", stanza="main", prior="F"))
    for written in (full, diff):
        publish(store, written)
    with alone(orders, drill_id="one", backup_id=diff.backup_id):
        kept = reasons(orders)
        assert kept[diff.backup_id] == "a drill is restoring it"
        assert kept[full.backup_id] == f"needed by {diff.backup_id}"


def test_a_holder_that_names_no_backup_protects_them_all(orders: Job):
    from dataops.store import lease

    among = set(ids(orders.platform))
    with lease(orders.platform.store, "drill/orders", holder="somebody", seconds=60):
        assert drilled(orders.platform.store, "orders", among) == among
    assert not drilled(orders.platform.store, "orders", among)
