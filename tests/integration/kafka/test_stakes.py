"""What is at stake is read as it is, and what cannot be read is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from confluent_kafka import Consumer
from confluent_kafka.admin import AclOperation
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.stakes import read_stakes

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import session_with


def test_numbers_of_a_topic_in_use(kafka: KafkaServer, prefix: str) -> None:
    used, empty = f"{prefix}used", f"{prefix}empty"
    kafka.create(used, empty, partitions=2)
    kafka.produce(used, 30, partition=0)
    kafka.produce(used, 12, partition=1, size=50_000)
    kafka.commit(f"{prefix}idle", used, 25)
    reader = Consumer({
        "bootstrap.servers": kafka.bootstrap(),
        "group.id": f"{prefix}active",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "log_level": 0,
    })
    reader.subscribe([used])
    wait_for("the consumer has its partitions", lambda: reader.poll(0.1) and len(reader.assignment()) == 2)
    try:
        with session_with(kafka) as session:
            topics = observe(session).topics
            stakes = read_stakes(session, topics, [used, empty, f"{prefix}absent"])
    finally:
        reader.close()
    assert set(stakes) == {used, empty}
    stake = stakes[used]
    assert (stake.messages, stake.written, stake.unknown) == (42, 42, ())
    assert 600_000 < (stake.bytes or 0) < 700_000
    now = datetime.now(UTC)
    assert stake.oldest and stake.last_write
    assert now - timedelta(minutes=1) < stake.oldest <= stake.last_write <= now + timedelta(seconds=1)
    groups = {group.group: group for group in stake.groups or ()}
    assert (groups[f"{prefix}idle"].lag, groups[f"{prefix}idle"].members) == (5, 0)
    assert (groups[f"{prefix}active"].lag, groups[f"{prefix}active"].members) == (None, 1)
    assert 50_000 < (stake.largest_batch or 0) < 1 << 20
    assert (stake.sampled, stake.null_keys) == (42, 0)
    nothing = stakes[empty]
    assert (nothing.messages, nothing.bytes, nothing.groups, nothing.largest_batch) == (0, 0, (), 0)
    assert nothing.oldest is nothing.last_write is None


def test_what_cannot_be_read_is_told(kafka: KafkaServer, prefix: str) -> None:
    name = f"{prefix}topic"
    kafka.create(name)
    kafka.produce(name)
    kafka.user(f"{prefix}user")
    kafka.allow(f"{prefix}user", [AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS], topic=name)
    login = {"sasl__username": f"{prefix}user", "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as session:
        topics = observe(session).topics
        stake = read_stakes(session, topics, [name])[name]
    assert stake.messages == 10  # Describe is enough for offsets
    assert stake.bytes is stake.largest_batch is stake.sampled is None
    told = " ".join(stake.unknown)
    assert "log directories" in told and "newest records" in told


def test_records_without_a_key_are_counted(kafka: KafkaServer, prefix: str) -> None:
    bare, packed = f"{prefix}bare", f"{prefix}packed"
    kafka.create(bare, packed)
    kafka.produce(bare, 700, keys=True)
    kafka.produce(bare, 20, keys=False, compression="zstd")
    kafka.produce(packed, 50, size=1000, compression="lz4")
    with session_with(kafka) as session:
        stakes = read_stakes(session, observe(session).topics, [bare, packed])
    assert (stakes[bare].sampled, stakes[bare].null_keys) == (500, 20)
    if stakes[packed].sampled is None:  # no lz4 here
        assert "compressed in a way" in " ".join(stakes[packed].unknown)
    else:
        assert (stakes[packed].sampled, stakes[packed].null_keys) == (50, 0)


def test_the_number_of_requests_does_not_grow_with_topics(healed: KafkaServer, prefix: str) -> None:
    names = [f"{prefix}{number}" for number in range(40)]
    healed.create(*names)
    proxy = healed.nodes[0].proxy
    with session_with(healed, "PROXIED") as session:
        topics = observe(session).topics
        read_stakes(session, topics, names)  # who leads a topic that was just made may have to be asked again
        before = proxy.requests.copy()
        read_stakes(session, topics, names[:2])
        few = proxy.requests - before
        read_stakes(session, topics, names)
        assert proxy.requests - before - few == few
