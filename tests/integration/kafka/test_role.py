"""The rights that the role names are enough, and those for planning change nothing."""

from __future__ import annotations

import pytest
from dataops.kafka.applying.outcome import Result
from dataops.kafka.applying.preflight import preflight
from dataops.kafka.applying.present import Present
from dataops.kafka.applying.rights import add_acls
from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    DeleteTopic,
    QuarantineTopic,
    Reassign,
    SetConfig,
    SetQuota,
    SetUser,
)
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.role import bindings
from dataops.kafka.cluster.stakes import read_stakes
from dataops.kafka.desired import Acl, Entity, quarantine
from dataops.kafka.observed import Capability
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import carry_out, create, part, reasons, results, session_with
from tests.integration.kafka.test_applying import secrets


@pytest.mark.parametrize("apply", [False, True])
def test_the_role_is_enough(kafka: KafkaServer, store: ObjectStore, prefix: str, apply: bool) -> None:
    name, user = f"{prefix}topic", f"{prefix}user"
    kafka.create(name)
    kafka.produce(name)
    kafka.user(user)
    with session_with(kafka) as session:
        wanted = bindings(f"User:{user}", apply=apply)
        assert all(answer.taken for answer in add_acls(session, wanted, Present()))
        wait_for("the bindings are there", lambda: set(wanted) <= (observe(session).acls or set()))
    login = {"sasl__username": user, "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as session:
        found = observe(session, named=[name])
        assert all(found.ability(capability).supported for capability in Capability)
        assert read_stakes(session, found.topics, [name])[name].unknown == ()
        topic_id = found.topics[name].topic_id
        every = part(
            create(f"{prefix}new", 1),
            SetConfig(name, topic_id, "retention.ms", None, "60000"),
            AddPartitions(name, topic_id, 1, 2),
            Reassign(name, topic_id, {0: (1,)}, {0: (1,)}, throttle=1000),
            AddAcl(Acl("GROUP", f"{prefix}group", f"User:{user}", "READ")),
            SetUser(f"{prefix}other", "SCRAM-SHA-256", "kafka_other", 1, 4097),
            SetQuota(Entity(user=f"{prefix}other"), "producer_byte_rate", None, 1000.0),
            QuarantineTopic(name, topic_id, quarantine(name)),
            DeleteTopic(name, topic_id, (quarantine(name),)),
        )
        verdicts = {check.name: check.verdict for check in preflight(session, every, secrets=secrets)}
        report = carry_out(session, store, every, secrets=secrets)
    if apply:
        assert set(verdicts.values()) == {"passed"}
        assert {each.result for each in report.outcomes} <= {Result.APPLIED, Result.ALREADY}, reasons(report)
        assert name not in kafka.topics() and f"{prefix}new" in kafka.topics()
    else:
        assert verdicts["rights"] == verdicts["broker's own check"] == "failed"
        done = {Result.APPLIED, Result.ALREADY}
        assert not done & set(results(report)), reasons(report)
        assert name in kafka.topics() and f"{prefix}new" not in kafka.topics()
