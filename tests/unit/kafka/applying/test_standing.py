"""How every kind of change stands to the present: to do, done, or overtaken by somebody else."""

from __future__ import annotations

import pytest
from dataops.kafka.applying.present import Present
from dataops.kafka.applying.standing import Stands, standing
from dataops.kafka.changes import (
    Action,
    AddAcl,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    QuarantineTopic,
    Reassign,
    RemoveAcl,
    RemoveUser,
    Risk,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.desired import Acl, Entity, quarantine
from dataops.kafka.observed import ObservedTopic, Partition, Stake

TO_DO, DONE, OVERTAKEN = Stands.TO_DO, Stands.DONE, Stands.OVERTAKEN
ACL = Acl("TOPIC", "a", "User:u", "READ")
BOB = Entity(user="bob")


def topic(
    topic_id: str = "id",
    *,
    configs: dict[str, str] | None = None,
    replicas: tuple[int, ...] = (1,),
    **moving: object,
) -> ObservedTopic:
    return ObservedTopic("a", topic_id, (Partition(0, 1, replicas, replicas, **moving),), configs or {})


def at(*topics: ObservedTopic, **more: object) -> Present:
    return Present(topics={each.name: each for each in topics}, **more)


SET = SetConfig("a", "id", "x", "1", "2")
MOVE = Reassign("a", "id", {0: (1,)}, {0: (2,)})
DELETE = DeleteTopic("a", "id", (quarantine("a"),))
CUT = QuarantineTopic("a", "id", quarantine("a"))
USER = SetUser("bob", "SCRAM-SHA-512", "secret", 2, 8194, before=8193)
QUOTA = SetQuota(BOB, "producer_byte_rate", 1.0, 2.0)

CASES: list[tuple[Action, Present, Stands]] = [
    (CreateTopic("a", 1, 1), at(), TO_DO),
    (CreateTopic("a", 1, 1, {"x": "1"}), at(topic(configs={"x": "1"})), DONE),
    (CreateTopic("a", 2, 1), at(topic()), OVERTAKEN),
    (CreateTopic("a", 1, 2), at(topic()), OVERTAKEN),
    (CreateTopic("a", 1, 1), at(topic(configs={"x": "1"})), OVERTAKEN),
    (CreateTopic("a", 1, 1, assignment=((2,),)), at(topic()), OVERTAKEN),
    (CreateTopic("a", 1, 1), at(hidden={"a": "not for us"}), OVERTAKEN),
    (SET, at(topic(configs={"x": "1"})), TO_DO),
    (SET, at(topic(configs={"x": "2"})), DONE),
    (SET, at(topic(configs={"x": "3"})), OVERTAKEN),
    (SET, at(topic()), OVERTAKEN),
    (SET, at(), OVERTAKEN),
    (SET, at(topic("other", configs={"x": "1"})), OVERTAKEN),
    (UnsetConfig("a", "id", "x", "1"), at(topic(configs={"x": "1"})), TO_DO),
    (UnsetConfig("a", "id", "x", "1"), at(topic()), DONE),
    (AddPartitions("a", "id", 1, 2), at(topic()), TO_DO),
    (AddPartitions("a", "id", 0, 1), at(topic()), DONE),
    (AddPartitions("a", "id", 2, 3), at(topic()), OVERTAKEN),
    (MOVE, at(topic()), TO_DO),
    (MOVE, at(topic(replicas=(2,))), DONE),
    (MOVE, at(topic(replicas=(3,))), OVERTAKEN),
    (MOVE, at(topic(replicas=(2, 1), adding=(2,), removing=(1,))), TO_DO),
    (MOVE, at(topic(replicas=(3, 1), adding=(3,), removing=(1,))), OVERTAKEN),
    (CUT, at(topic(), acls=frozenset()), TO_DO),
    (CUT, at(topic(), acls=frozenset({quarantine("a")})), DONE),
    (CUT, at(topic(), unread="no authorizer"), OVERTAKEN),
    (DELETE, at(topic(), acls=frozenset(), written={"a": 5}), TO_DO),
    (DELETE, at(topic(), acls=frozenset(), written={"a": 6}), OVERTAKEN),
    (DELETE, at(topic(), acls=frozenset()), OVERTAKEN),
    (DELETE, at(topic("other"), acls=frozenset(), written={"a": 0}), OVERTAKEN),
    (DELETE, at(acls=frozenset()), DONE),
    (DELETE, at(acls=frozenset({quarantine("a")})), TO_DO),
    (AddAcl(ACL), at(acls=frozenset()), TO_DO),
    (AddAcl(ACL), at(acls=frozenset({ACL})), DONE),
    (AddAcl(ACL), at(unread="not allowed"), OVERTAKEN),
    (RemoveAcl(ACL), at(acls=frozenset({ACL})), TO_DO),
    (RemoveAcl(ACL), at(acls=frozenset()), DONE),
    (USER, at(users={("bob", "SCRAM-SHA-512"): 8193}), TO_DO),
    (USER, at(users={("bob", "SCRAM-SHA-512"): 8194}), DONE),
    (USER, at(users={}), OVERTAKEN),
    (USER, at(unread="not allowed"), OVERTAKEN),
    (RemoveUser("bob", "SCRAM-SHA-512", 8193), at(users={("bob", "SCRAM-SHA-512"): 8193}), TO_DO),
    (RemoveUser("bob", "SCRAM-SHA-512", 8193), at(users={}), DONE),
    (QUOTA, at(quotas={BOB: {"producer_byte_rate": 1.0}}), TO_DO),
    (QUOTA, at(quotas={BOB: {"producer_byte_rate": 2.0}}), DONE),
    (QUOTA, at(quotas={}), OVERTAKEN),
    (SetQuota(BOB, "producer_byte_rate", 1.0, None), at(quotas={}), DONE),
]


@pytest.mark.parametrize(("action", "present", "stands"), CASES)
def test_standing(action: Action, present: Present, stands: Stands) -> None:
    found = standing(Change(action, Risk.SAFE, "", "", stake=Stake(written=5)), present)
    assert found.stands is stands
    assert bool(found.reason) == (stands is OVERTAKEN)
