"""One reading of a real cluster: all of it, in few requests, and what is hidden is not absent."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AclOperation
from dataops.kafka.applying.topics import change_configs
from dataops.kafka.cluster.configs import BROKER
from dataops.kafka.cluster.observing import observe
from dataops.kafka.desired import Acl, Entity
from dataops.kafka.observed import Capability, Origin

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import session_with


def test_a_reading_holds_everything(kafka: KafkaServer, prefix: str) -> None:
    plain, own = f"{prefix}plain", f"{prefix}own"
    kafka.create(plain, partitions=3)
    kafka.create(own, retention_ms="60000", cleanup_policy="compact")
    kafka.user(f"{prefix}user")
    kafka.allow(f"{prefix}user", [AclOperation.READ], topic=own)
    kafka.java_tool(
        "kafka.admin.ConfigCommand", "--alter", "--entity-type", "users", "--entity-name", f"{prefix}user",
        "--add-config", "producer_byte_rate=1024",
    )  # fmt: skip
    with session_with(kafka) as session:
        found = observe(session, named=[plain, f"{prefix}absent"], inherited=lambda name: name == own)
    assert found.cluster_id == kafka.cluster_id
    assert [(broker.id, broker.rack) for broker in found.brokers] == [(1, "a")]
    assert found.controller == 1
    topic = found.topics[plain]
    assert [(each.index, each.leader, each.replicas, each.in_sync) for each in topic.partitions] == [
        (index, 1, (1,), (1,)) for index in range(3)
    ]
    assert topic.configs == {} and len(topic.topic_id) == 22
    assert (found.defaults or {})["min.insync.replicas"].value == "1"
    assert found.topics[own].configs == {"retention.ms": "60000", "cleanup.policy": "compact"}
    inherited = found.topics[own].inherited or {}
    assert inherited["min.insync.replicas"].value == "1"
    assert inherited["segment.bytes"].origin is Origin.DEFAULT
    assert "retention.ms" not in inherited
    assert Acl("TOPIC", own, f"User:{prefix}user", "READ") in (found.acls or ())
    users = [(user.mechanism, user.iterations) for user in found.users or () if user.name == f"{prefix}user"]
    assert users == [("SCRAM-SHA-256", 4096)]
    assert (found.quotas or {})[Entity(user=f"{prefix}user")] == {"producer_byte_rate": 1024.0}
    assert found.hidden == {} and f"{prefix}absent" not in found.topics
    assert all(found.ability(capability).supported for capability in Capability)


def test_the_number_of_requests_does_not_grow_with_topics(healed: KafkaServer, prefix: str) -> None:
    def requests() -> int:
        proxy = healed.nodes[0].proxy
        with session_with(healed, "PROXIED") as session:
            before = proxy.total()
            assert session.wire.requests.total() == 0
            opened = proxy.total() - before
            observe(session, named=[f"{prefix}absent"])
            return proxy.total() - before - opened

    healed.create(f"{prefix}first")
    few = requests()
    healed.create(*(f"{prefix}{number}" for number in range(200)))
    assert requests() == few == 8


def test_a_hidden_topic_is_not_an_absent_one(kafka: KafkaServer, prefix: str) -> None:
    seen, hidden, shy = f"{prefix}seen", f"{prefix}hidden", f"{prefix}shy"
    kafka.create(seen, hidden, shy)
    kafka.user(f"{prefix}user")
    kafka.allow(f"{prefix}user", [AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS], topic=seen)
    kafka.allow(f"{prefix}user", [AclOperation.DESCRIBE], topic=shy)
    kafka.allow(f"{prefix}user", [AclOperation.DESCRIBE], topic=f"{prefix}absent")
    login = {"sasl__username": f"{prefix}user", "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as session:
        found = observe(session, named=[seen, hidden, shy, f"{prefix}absent"])
    assert set(found.topics) == {seen}
    assert set(found.hidden) == {hidden, shy}
    assert "TOPIC_AUTHORIZATION_FAILED" in found.hidden[hidden]
    assert "configs may not be read" in found.hidden[shy]
    assert found.acls is None and found.users is None and found.quotas is None
    for capability in (Capability.ACLS, Capability.SCRAM, Capability.QUOTAS, Capability.LOG_DIRS):
        ability = found.ability(capability)
        assert not ability.supported and "CLUSTER_AUTHORIZATION_FAILED" in ability.reason


def test_a_manual_change_of_a_broker_default_shows_as_inherited(kafka: KafkaServer, prefix: str) -> None:
    name = f"{prefix}topic"
    kafka.create(name)
    everywhere = (BROKER, "")
    with session_with(kafka) as session:
        change_configs(session, {everywhere: {"log.flush.interval.messages": "12345"}}, None)
        try:

            def value() -> tuple[str | None, Origin] | None:
                topic = observe(session, inherited=lambda each: each == name).topics[name]
                found = (topic.inherited or {})["flush.messages"]
                assert topic.configs == {}
                return (found.value, found.origin) if found.value == "12345" else None

            assert wait_for("the default has changed", value) == ("12345", Origin.BROKER)
        finally:
            change_configs(session, {everywhere: {"log.flush.interval.messages": None}}, None)


@pytest.mark.parametrize("missing", [Capability.QUOTAS, Capability.SCRAM])
def test_what_a_managed_cluster_lacks_is_said(
    kafka: KafkaServer, missing: Capability, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brokers of managed clusters do not list these requests among those that they take."""
    from kafka.protocol.api_key import ApiKey

    keys = {
        Capability.QUOTAS: ApiKey.DescribeClientQuotas,
        Capability.SCRAM: ApiKey.DescribeUserScramCredentials,
    }
    with session_with(kafka) as session:
        assert observe(session).ability(missing).supported
        for connection in [session.wire.client._manager, *session.wire.client._manager._conns.values()]:
            versions = connection.broker_version_data.api_versions
            monkeypatch.delitem(versions, keys[missing], raising=False)
        found = observe(session)
    assert not found.ability(missing).supported
    assert "does not know the request" in found.ability(missing).reason
