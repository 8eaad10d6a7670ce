"""A guard's sign of life: fresh by the store's clock, one line for each guard."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dataops.failover.guard import heartbeat
from dataops.failover.guard.heartbeat import Heartbeat, HeartbeatUnreadable
from dataops.store import ObjectStore

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def of(host: str, **changes: Any) -> Heartbeat:
    made = Heartbeat(
        host=host,
        process=7,
        environment="test",
        every=2.0,
        started=LONG_AGO,
        at=LONG_AGO,
        reaches={"main": ""},
        pages=True,
    )
    return dataclasses.replace(made, **changes)


def test_without_a_beat_none_is_alive(store: ObjectStore) -> None:
    assert heartbeat.alive(store, "test") == ()


def test_two_guards_live_side_by_side_and_one_may_leave(store: ObjectStore) -> None:
    first = heartbeat.beat(store, of("host-a"))
    second = heartbeat.beat(store, of("host-b", reaches={"main": "beta does not answer"}))
    assert first.at > LONG_AGO  # the store's time, not the guard's
    assert heartbeat.alive(store, "test") == (first, second)
    assert heartbeat.alive(store, "other") == ()
    heartbeat.leave(store, first)
    assert heartbeat.alive(store, "test") == (second,)


def test_who_missed_its_beats_is_dead_and_forgotten_after_an_hour(store: ObjectStore) -> None:
    heartbeat.beat(store, of("host-a"))
    found = json.loads(store.get(heartbeat.key("test")))
    now = store.clock()
    for ago, lines in ((timedelta(seconds=12), 2), (timedelta(hours=2), 1)):
        found["host-a, process 7"]["at"] = (now - ago).isoformat()
        store.put(heartbeat.key("test"), json.dumps(found))
        assert heartbeat.alive(store, "test") == ()
        heartbeat.beat(store, of("host-b"))
        assert len(json.loads(store.get(heartbeat.key("test")))) == lines


@pytest.mark.parametrize("body", ["", "[]", '{"x": 1}', '{"x": {"host": "a"}}'])
def test_what_is_no_heartbeat_is_no_life_until_a_guard_beats_again(store: ObjectStore, body: str) -> None:
    store.put(heartbeat.key("test"), body)
    with pytest.raises(HeartbeatUnreadable):
        heartbeat.alive(store, "test")
    heartbeat.beat(store, of("host-a"))
    assert [each.host for each in heartbeat.alive(store, "test")] == ["host-a"]
