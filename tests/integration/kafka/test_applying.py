"""Each kind of change on a real broker: done, done only once, refused where the cluster has moved on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AclOperation
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.kafka.applying import topics
from dataops.kafka.applying.journal import read_unfinished
from dataops.kafka.applying.outcome import Result
from dataops.kafka.applying.preflight import preflight
from dataops.kafka.applying.present import Present
from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    DeleteTopic,
    QuarantineTopic,
    RemoveAcl,
    RemoveUser,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.stakes import read_stakes
from dataops.kafka.desired import Acl, Entity, quarantine
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer
from tests.integration.kafka.building import (
    carry_out,
    change,
    create,
    part,
    reasons,
    results,
    session_with,
    topic_of,
)

APPLIED, ALREADY, REFUSED, FAILED, SKIPPED = (
    Result.APPLIED,
    Result.ALREADY,
    Result.REFUSED,
    Result.FAILED,
    Result.SKIPPED,
)


@pytest.fixture(scope="module")
def session(kafka: KafkaServer) -> Iterator[Session]:
    with session_with(kafka) as found:
        yield found


def secrets(connection_id: str) -> Connection:
    if connection_id == "no_such":
        raise ConfigurationError("Connection 'no_such' does not exist.")
    return Connection(id=connection_id, password="top-secret")


def test_topics_are_created_and_changed_and_a_second_time_nothing_is_done(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    a, b = f"{prefix}a", f"{prefix}b"
    placed = dataclasses.replace(create(b, 2), assignment=((1,), (1,)))
    wanted = part(create(a, 3, retention_ms="60000"), placed)
    report = carry_out(session, store, wanted)
    assert results(report) == [APPLIED, APPLIED], reasons(report)
    assert report.verdict is Verdict.PASSED and not report.resumed and report.left == ()
    topic = topic_of(session, a)
    assert (len(topic.partitions), topic.configs) == (3, {"retention.ms": "60000"})
    assert results(carry_out(session, store, wanted)) == [ALREADY, ALREADY]
    more = part(
        SetConfig(a, topic.topic_id, "retention.ms", "60000", "120000"),
        SetConfig(a, topic.topic_id, "cleanup.policy", None, "compact"),
        AddPartitions(a, topic.topic_id, 3, 5),
    )
    assert results(carry_out(session, store, more)) == [APPLIED] * 3
    assert results(carry_out(session, store, more)) == [ALREADY] * 3
    after = topic_of(session, a)
    assert len(after.partitions) == 5
    assert after.configs == {"retention.ms": "120000", "cleanup.policy": "compact"}
    unset = part(UnsetConfig(a, topic.topic_id, "cleanup.policy", "compact"))
    assert results(carry_out(session, store, unset)) == [APPLIED]
    assert topic_of(session, a).configs == {"retention.ms": "120000"}
    assert read_unfinished(store, "test") is None


def test_a_topic_that_somebody_else_created_counts_only_if_it_is_the_same(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    kafka.create(f"{prefix}same", partitions=3, retention_ms="60000")
    kafka.create(f"{prefix}other", partitions=1)
    wanted = part(create(f"{prefix}same", 3, retention_ms="60000"), create(f"{prefix}other", 3))
    report = carry_out(session, store, wanted)
    assert results(report) == [ALREADY, REFUSED]
    assert "partitions 1 instead of 3" in report.outcomes[1].reason
    assert report.verdict is Verdict.FAILED
    assert len(topic_of(session, f"{prefix}other").partitions) == 1


def test_what_was_changed_since_the_plan_is_refused(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    name = f"{prefix}topic"
    kafka.create(name, partitions=2, retention_ms="1000000")
    topic = topic_of(session, name)
    stale = part(
        SetConfig(name, topic.topic_id, "retention.ms", "5", "60000"),
        AddPartitions(name, topic.topic_id, 1, 4),
    )
    report = carry_out(session, store, stale)
    assert results(report) == [REFUSED, SKIPPED]
    assert "retention.ms is 1000000 now, but was 5 in the plan" in report.outcomes[0].reason
    assert topic_of(session, name) == topic


def test_a_recreated_topic_is_refused_and_kept(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    names = [f"{prefix}{number}" for number in range(3)]
    kafka.create(*names)
    old = [topic_of(session, name).topic_id for name in names]
    kafka.delete(*names)
    kafka.create(*names)
    report = carry_out(
        session,
        store,
        part(
            DeleteTopic(names[0], old[0]),
            SetConfig(names[1], old[1], "retention.ms", None, "1"),
            AddPartitions(names[2], old[2], 1, 2),
        ),
    )
    assert results(report) == [REFUSED] * 3
    assert all("created again" in outcome.reason for outcome in report.outcomes)
    assert set(names) <= kafka.topics()
    assert topic_of(session, names[1]).configs == {}


def test_a_deletion_needs_the_state_of_the_plan(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    written, quiet = f"{prefix}written", f"{prefix}quiet"
    kafka.create(written, quiet)
    kafka.produce(written, 5)
    found = observe(session).topics
    stakes = read_stakes(session, found, [written, quiet])
    cut = [part(QuarantineTopic(name, found[name].topic_id, quarantine(name))) for name in (written, quiet)]
    assert results(carry_out(session, store, cut[1])) == [APPLIED]
    kafka.produce(written, 1)
    deletions = part(
        *(
            change(DeleteTopic(name, found[name].topic_id, (quarantine(name),)), stake=stakes[name])
            for name in (written, quiet)
        )
    )
    report = carry_out(session, store, deletions)
    assert results(report) == [REFUSED, APPLIED], reasons(report)
    assert "written to" in report.outcomes[0].reason
    assert written in kafka.topics() and quiet not in kafka.topics()
    assert not [acl for acl in observe(session).acls or () if acl.name == quiet]
    assert results(carry_out(session, store, deletions))[1] is ALREADY


def test_a_quarantined_topic_takes_no_writes(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    from confluent_kafka import Producer

    name, user = f"{prefix}topic", f"{prefix}writer"
    kafka.create(name)
    kafka.user(user)
    kafka.allow(user, [AclOperation.WRITE, AclOperation.DESCRIBE], topic=name)
    extra = dict(kafka.connection("SASL").extra) | {"sasl.username": user, "sasl.password": "secret"}
    errors: list[object] = []

    def write() -> None:
        producer = Producer({**extra, "log_level": 0, "message.timeout.ms": 10000})
        producer.produce(name, b"x", on_delivery=lambda error, _: errors.append(error and error.name()))
        producer.flush(15)

    write()
    topic_id = topic_of(session, name).topic_id
    report = carry_out(session, store, part(QuarantineTopic(name, topic_id, quarantine(name))))
    assert results(report) == [APPLIED]
    write()
    assert errors == [None, "TOPIC_AUTHORIZATION_FAILED"]


def test_one_result_a_topic(session: Session, store: ObjectStore, prefix: str) -> None:
    wanted = part(
        create(f"{prefix}good", 1),
        create(f"{prefix}bad", 1, retention_ms="no number"),
        create(f"{prefix}wide", 1, replicas=5),
        create(f"{prefix}fine", 1),
    )
    report = carry_out(session, store, wanted)
    assert results(report) == [APPLIED, FAILED, FAILED, APPLIED]
    assert "retention.ms" in report.outcomes[1].reason
    assert "replication factor" in report.outcomes[2].reason.lower()
    check = report.check()
    assert check.verdict is Verdict.FAILED and len(check.parts) == 4
    checks = {found.name: found for found in preflight(session, wanted)}
    found = checks["broker's own check"]
    assert found.verdict is Verdict.FAILED
    told = {each.name for each in found.parts}
    # what was created meanwhile is as wanted, which is no fault
    assert told == {f"topic {prefix}bad: create topic", f"topic {prefix}wide: create topic"}


def test_rights_users_and_quotas(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    user, entity = f"{prefix}user", Entity(user=f"{prefix}user", client_id="")
    read = Acl("TOPIC", f"{prefix}orders", f"User:{user}", "READ", pattern="PREFIXED")
    group = Acl("GROUP", f"{prefix}group", f"User:{user}", "READ", host="127.0.0.1")
    wanted = part(
        AddAcl(read),
        AddAcl(group),
        SetUser(user, "SCRAM-SHA-512", "kafka_orders", 1, 8193),
        SetQuota(entity, "producer_byte_rate", None, 1000.0),
        SetQuota(entity, "consumer_byte_rate", None, 2000.0),
        SetQuota(Entity(ip="127.0.0.9"), "connection_creation_rate", None, 5.0),
    )
    report = carry_out(session, store, wanted, secrets=secrets)
    assert results(report) == [APPLIED] * 6, reasons(report)
    found = observe(session)
    assert {read, group} <= (found.acls or frozenset())
    quotas = found.quotas or {}
    assert quotas[entity] == {"producer_byte_rate": 1000.0, "consumer_byte_rate": 2000.0}
    assert quotas[Entity(ip="127.0.0.9")] == {"connection_creation_rate": 5.0}
    login = {"sasl__username": user, "sasl__password": "top-secret"}
    assert [each.iterations for each in found.users or () if each.name == user] == [8193]
    with pytest.raises(Exception, match="does not accept"), session_with(kafka, "SASL", **login):
        pass  # this listener takes SCRAM-SHA-256 only
    assert results(carry_out(session, store, wanted, secrets=secrets)) == [ALREADY] * 6
    undo = part(
        RemoveAcl(read),
        RemoveUser(user, "SCRAM-SHA-512", 8193),
        SetQuota(entity, "producer_byte_rate", 1000.0, None),
        SetQuota(Entity(ip="127.0.0.9"), "connection_creation_rate", 5.0, None),
    )
    assert results(carry_out(session, store, undo)) == [APPLIED] * 4
    after = observe(session)
    assert read not in (after.acls or ()) and group in (after.acls or ())
    assert (after.quotas or {})[entity] == {"consumer_byte_rate": 2000.0}
    assert not [each for each in after.users or () if each.name == user]


def test_a_password_changes_with_its_version_only_and_is_kept_nowhere(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    user = f"{prefix}user"
    first = part(SetUser(user, "SCRAM-SHA-256", "kafka_orders", 1, 4097))
    assert results(carry_out(session, store, first, secrets=secrets)) == [APPLIED]
    login = {"sasl__username": user, "sasl__password": "top-secret"}
    with session_with(kafka, "SASL", **login):
        pass
    missing = part(SetUser(user, "SCRAM-SHA-256", "no_such", 2, 4098, before=4097))
    report = carry_out(session, store, missing, secrets=secrets)
    assert results(report) == [FAILED] and "does not exist" in report.outcomes[0].reason
    checks = {check.name: check for check in preflight(session, missing, secrets=secrets)}
    assert checks["secrets"].verdict is Verdict.FAILED
    assert {check.name: check.verdict for check in preflight(session, first, secrets=secrets)} == {
        "rights": Verdict.PASSED,
        "broker's own check": Verdict.NOT_APPLICABLE,
        "secrets": Verdict.PASSED,
    }
    with session_with(kafka, "SASL", **login):
        pass
    assert "top-secret" not in caplog.text
    assert b"top-secret" not in store.get("kafka/test/journal.json")


def test_preflight_names_every_right_that_is_lacking_and_changes_nothing(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    name, user = f"{prefix}topic", f"{prefix}user"
    kafka.create(name)
    kafka.user(user)
    kafka.allow(user, [AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER], topic=name)
    topic = topic_of(session, name)
    wanted = part(
        create(f"{prefix}new", 1),
        SetConfig(name, topic.topic_id, "retention.ms", None, "60000"),
        AddPartitions(name, topic.topic_id, 1, 2),
        AddAcl(Acl("TOPIC", name, f"User:{user}", "READ")),
    )
    login = {"sasl__username": user, "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as weak:
        checks = {check.name: check for check in preflight(weak, wanted)}
        red = {each.name: each.reason for each in checks["rights"].parts}
        assert checks["rights"].verdict is checks["broker's own check"].verdict is Verdict.FAILED
        assert set(red) == {
            f"topic {name}: set config",
            f"acl allow User:{user} read on topic {name}: add acl",
        }
        assert "lacks the right ALTER_CONFIGS" in red[f"topic {name}: set config"]
        told = {each.name: each.reason for each in checks["broker's own check"].parts}
        assert "AUTHORIZATION_FAILED" in told[f"topic {prefix}new: create topic"]
        report = carry_out(weak, store, wanted)
    assert results(report) == [REFUSED, FAILED, SKIPPED, REFUSED], reasons(report)
    assert topic_of(session, name) == topic and f"{prefix}new" not in kafka.topics()
    strong = {check.name: check.verdict for check in preflight(session, wanted)}
    assert strong == {
        "rights": Verdict.PASSED,
        "broker's own check": Verdict.PASSED,
        "secrets": Verdict.NOT_APPLICABLE,
    }


def test_a_hidden_topic_is_refused(kafka: KafkaServer, store: ObjectStore, prefix: str) -> None:
    kafka.create(f"{prefix}topic")
    kafka.user(f"{prefix}user")
    login = {"sasl__username": f"{prefix}user", "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as blind:
        report = carry_out(blind, store, part(create(f"{prefix}topic", 1)))
    assert results(report) == [REFUSED]
    assert "may not see it" in report.outcomes[0].reason


def test_the_limit_of_the_controller_is_real_and_batches_stay_below(session: Session, prefix: str) -> None:
    wide = [create(f"{prefix}{number}", 1000) for number in range(11)]
    together = topics.create(session, wide, Present(controller=1), dry=True)
    assert not any(answer.taken for answer in together)
    checks = {check.name: check for check in preflight(session, part(*wide))}
    assert checks["broker's own check"].verdict is Verdict.PASSED, checks["broker's own check"].reason


def test_batches_hold_what_the_controller_takes_at_once(
    kafka: KafkaServer, session: Session, store: ObjectStore, prefix: str
) -> None:
    wanted = part(*(create(f"{prefix}{number}", 2, retention_ms="60000") for number in range(30)))
    session.wire.requests.clear()
    report = carry_out(session, store, wanted, heaviest=40)  # a topic weighs 4
    assert set(results(report)) == {APPLIED}
    assert session.wire.requests["CreateTopicsRequest"] == 3
    assert {name for name in kafka.topics() if name.startswith(prefix)} == {
        f"{prefix}{number}" for number in range(30)
    }
