"""Bindings, users and quotas, and topics that go in two steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dataops.kafka.changes import (
    AddAcl,
    Cause,
    DeleteTopic,
    Plan,
    QuarantineTopic,
    RemoveAcl,
    RemoveUser,
    Risk,
    SetQuota,
    SetUser,
)
from dataops.kafka.desired import (
    Acl,
    DeclaredAcl,
    Deletion,
    Entity,
    Quota,
    ScramUser,
    Source,
    State,
    quarantine,
)
from dataops.kafka.memory import Memory, memory_from_json, remembered
from dataops.kafka.observed import Ability, Capability, GroupLag, ObservedCluster, ObservedUser, Stake
from dataops.kafka.planning import plan

from tests.unit.kafka.builders import NOTHING, NOW, cluster, desired, observed, there, topic

WHERE = Source("include/kafka/main/topics/flights.yaml", 9)
READ = Acl("TOPIC", "flights.delays", "User:orders", "READ")
OTHER = replace(READ, principal="User:other")
DELETING = cluster(deletion=Deletion(True, timedelta(days=7)))
USED = Stake(messages=10, written=50, bytes=1000, groups=())
QUIET = Memory(quiet={"flights.delays": (50, (NOW - timedelta(days=8)).isoformat())})
DENIED = frozenset({quarantine("flights.delays")})


def bound(*acls: Acl, state: State = State.PRESENT, **values: Any) -> Any:
    return desired(topic(), acls=tuple(DeclaredAcl(acl, WHERE, "flights", state) for acl in acls), **values)


def kinds(made: Plan) -> list[tuple[str, Risk]]:
    return [(change.kind, change.risk) for change in made.changes]


def test_a_missing_binding_is_added_and_an_undeclared_one_stays() -> None:
    made = plan(bound(READ), observed(there(), acls=frozenset({OTHER})))
    assert [change.action for change in made.changes] == [AddAcl(READ)]
    assert kinds(made) == [("add acl", Risk.SAFE)]
    assert plan(bound(READ), observed(there(), acls=frozenset({READ, OTHER}))).exit_code == 0


def test_the_first_binding_of_a_topic_may_shut_others_out() -> None:
    assert kinds(plan(bound(READ), observed(there()))) == [("add acl", Risk.DISRUPTIVE)]
    assert ("add acl", Risk.SAFE) in kinds(plan(bound(READ), observed()))


def test_a_denying_binding_disturbs() -> None:
    deny = replace(READ, permission="DENY")
    assert kinds(plan(bound(deny), observed(there(), acls=frozenset({OTHER})))) == [
        ("add acl", Risk.DISRUPTIVE)
    ]


def test_a_binding_goes_where_it_is_declared_absent() -> None:
    made = plan(bound(READ, state=State.ABSENT), observed(there(), acls=frozenset({READ})))
    assert kinds(made) == [("remove acl", Risk.DISRUPTIVE)]
    assert plan(bound(READ, state=State.ABSENT), observed(there())).exit_code == 0


def test_undeclared_bindings_of_declared_topics_go_where_the_files_are_authoritative() -> None:
    prefixed, foreign = replace(READ, pattern="PREFIXED"), replace(READ, name="other")
    exact = bound(READ, cluster=cluster(authoritative_acls=True))
    made = plan(exact, observed(there(), acls=frozenset({READ, OTHER, prefixed, foreign})))
    assert [change.action for change in made.changes] == [RemoveAcl(OTHER)]


def test_a_cluster_without_an_authorizer_refuses_bindings_once() -> None:
    unable = {Capability.ACLS: Ability(False, "The cluster has no authorizer.")}
    made = plan(bound(READ, OTHER), observed(there(), acls=None, abilities=unable))
    assert [refusal.reason for refusal in made.refusals] == [
        "2 declared bindings cannot be looked after: The cluster has no authorizer."
    ]
    assert plan(desired(topic()), observed(there(), acls=None, abilities=unable)).exit_code == 0


def test_a_password_is_set_only_when_its_version_changes() -> None:
    user = ScramUser("bob", "kafka_bob", 2, WHERE, "flights")
    wanted = desired(topic(), users=(user,))
    made = plan(wanted, observed(there()))
    assert [change.action for change in made.changes] == [
        SetUser("bob", "SCRAM-SHA-512", "kafka_bob", 2, 8194)
    ]
    assert kinds(made) == [("set user", Risk.SAFE)]
    same = (ObservedUser("bob", "SCRAM-SHA-512", 8194),)
    assert plan(wanted, observed(there(), users=same)).exit_code == 0
    older = (ObservedUser("bob", "SCRAM-SHA-512", 8193),)
    assert kinds(plan(wanted, observed(there(), users=older))) == [("set user", Risk.DISRUPTIVE)]


def test_a_user_goes_where_it_is_declared_absent_and_undeclared_ones_stay() -> None:
    gone = ScramUser("bob", "", 1, WHERE, "flights", state=State.ABSENT)
    users = (ObservedUser("bob", "SCRAM-SHA-512", 4096), ObservedUser("eve", "SCRAM-SHA-512", 4096))
    made = plan(desired(topic(), users=(gone,)), observed(there(), users=users))
    assert [change.action for change in made.changes] == [RemoveUser("bob", "SCRAM-SHA-512", 4096)]


def test_a_quota_is_all_of_its_limits() -> None:
    bob = Entity(user="bob")
    quota = Quota(bob, {"producer_byte_rate": 100.0}, WHERE, "flights")
    limits = {bob: {"producer_byte_rate": 200.0, "request_percentage": 5.0}, Entity(user="eve"): {"x": 1.0}}
    made = plan(desired(topic(), quotas=(quota,)), observed(there(), quotas=limits))
    assert [(change.action, change.risk) for change in made.changes] == [
        (SetQuota(bob, "request_percentage", 5.0, None), Risk.SAFE),
        (SetQuota(bob, "producer_byte_rate", 200.0, 100.0), Risk.DISRUPTIVE),
    ]
    there_is = {bob: {"producer_byte_rate": 100.0}}
    assert plan(desired(topic(), quotas=(quota,)), observed(there(), quotas=there_is)).exit_code == 0


@pytest.mark.parametrize(("unread", "field"), [({"users": None}, "users"), ({"quotas": None}, "quotas")])
def test_what_cannot_be_read_is_refused_only_where_it_is_declared(unread: dict[str, Any], field: str) -> None:
    users = (ScramUser("bob", "kafka_bob", 2, WHERE, "flights"),)
    quotas = (Quota(Entity(user="bob"), {"producer_byte_rate": 1.0}, WHERE, "flights"),)
    made = plan(desired(topic(), users=users, quotas=quotas), observed(there(), **unread))
    assert [refusal.field for refusal in made.refusals] == [field]
    assert plan(desired(topic()), observed(there(), **unread)).exit_code == 0


def going(
    *,
    memory: Memory | None = None,
    stake: Stake | None = USED,
    whole: Any = DELETING,
    agreed: bool = False,
    **values: Any,
) -> Plan:
    """The plan for a topic that shall go."""
    declared = topic(state=State.ABSENT, acknowledged={"state": "absent"} if agreed else {})
    stakes = {"flights.delays": stake} if stake else {}
    return plan(desired(declared, cluster=whole), observed(there(), stakes=stakes, **values), memory=memory)


def test_nothing_is_deleted_unless_the_cluster_allows_it() -> None:
    made = going(whole=cluster())
    assert made.changes == ()
    assert "Deleting topics is off" in made.refusals[0].reason


def test_a_protected_topic_is_not_deleted() -> None:
    made = going(whole=replace(DELETING, protected=("flights.*",)), agreed=True)
    assert (made.changes, made.refusals[0].reason) == ((), "The topic is protected.")


def test_first_the_writers_are_cut_off() -> None:
    made = going()
    assert [change.action for change in made.changes] == [
        QuarantineTopic("flights.delays", "id-flights.delays", quarantine("flights.delays"))
    ]
    assert made.changes[0].risk is Risk.DISRUPTIVE


def test_then_the_topic_waits() -> None:
    made = going(acls=DENIED)
    assert (made.changes, made.refusals) == ((), ())
    assert [finding.cause for finding in made.findings] == [Cause.AWAITING_DELETION]
    assert "deleted in 7 d" in made.findings[0].message


def test_a_write_begins_the_waiting_anew() -> None:
    made = going(acls=DENIED, memory=QUIET, stake=replace(USED, written=51))
    assert (made.changes, [finding.cause for finding in made.findings]) == ((), [Cause.AWAITING_DELETION])


def test_what_holds_data_goes_only_if_that_is_acknowledged() -> None:
    refused = going(acls=DENIED, memory=QUIET).refusals[0]
    assert "Everything in the topic is lost: 10 messages, 1 kB, no consumer group" in refused.reason
    assert "`acknowledge: {state: absent}`" in refused.advice
    made = going(acls=DENIED, memory=QUIET, agreed=True)
    assert [change.action for change in made.changes] == [
        DeleteTopic("flights.delays", "id-flights.delays", (quarantine("flights.delays"),))
    ]
    assert made.changes[0].risk is Risk.DESTRUCTIVE


def test_a_topic_with_consumers_at_work_asks_by_their_name() -> None:
    busy = replace(USED, groups=(GroupLag("reports", "Stable", 2, 0),))
    assert "Consumers are still at work: 1 consumer group (reports: 2 members" in (
        going(acls=DENIED, memory=QUIET, stake=busy).refusals[0].reason
    )


def test_what_was_never_written_goes_at_once() -> None:
    made = going(acls=DENIED, stake=NOTHING)
    assert kinds(made) == [("delete topic", Risk.DESTRUCTIVE)]


def test_without_an_authorizer_the_time_without_writes_counts() -> None:
    unable: dict[str, Any] = {"acls": None, "abilities": {Capability.ACLS: Ability(False, "There is none.")}}
    assert going(**unable).changes == ()
    made = going(memory=QUIET, agreed=True, **unable)
    assert [change.action for change in made.changes] == [DeleteTopic("flights.delays", "id-flights.delays")]


def test_nothing_is_deleted_before_its_numbers_are_read() -> None:
    made = going(acls=DENIED, memory=QUIET, stake=None, agreed=True)
    assert (made.changes, made.wants_stakes) == ((), ("flights.delays",))
    assert "could not be read" in going(acls=DENIED, memory=QUIET, stake=Stake()).findings[0].message


def test_a_topic_that_shall_stay_after_all_gets_its_writers_back() -> None:
    made = plan(desired(topic()), observed(there(), acls=DENIED))
    assert [(change.action, change.risk) for change in made.changes] == [
        (RemoveAcl(quarantine("flights.delays")), Risk.SAFE)
    ]


def test_what_a_crash_left_of_a_deletion_is_tidied_up() -> None:
    gone = desired(topic(state=State.ABSENT), cluster=DELETING)
    made = plan(gone, observed(acls=DENIED))
    assert [change.action for change in made.changes] == [RemoveAcl(quarantine("flights.delays"))]
    assert plan(gone, observed()).exit_code == 0


def test_a_reading_leaves_to_the_next_what_it_cannot_tell_alone() -> None:
    wanted = desired(
        topic(configs={"segment.ms": "1"}),
        topic("flights.old", state=State.ABSENT),
        topic("flights.new"),
        cluster=DELETING,
    )
    first = observed(there(configs={"segment.ms": "1"}), there("flights.old"), stakes={"flights.old": USED})
    memory = remembered(wanted, first, Memory())
    assert memory.topic_ids == {"flights.delays": "id-flights.delays", "flights.old": "id-flights.old"}
    assert memory.overrides["flights.delays"] == {"segment.ms": "1"}
    assert memory.quiet == {"flights.old": (50, NOW.isoformat())}
    assert memory_from_json(memory.to_json()) == memory
    later: ObservedCluster = replace(first, at=NOW + timedelta(days=3))
    assert remembered(wanted, later, memory).quiet == memory.quiet
    assert remembered(wanted, replace(later, stakes={}), memory).quiet == memory.quiet
    more = replace(later, stakes={"flights.old": replace(USED, written=60)})
    assert remembered(wanted, more, memory).quiet == {"flights.old": (60, later.at.isoformat())}


def test_what_was_deleted_as_declared_is_forgotten_and_may_come_back() -> None:
    gone = desired(topic(state=State.ABSENT), cluster=DELETING)
    memory = remembered(gone, observed(there()), Memory())
    assert memory.topic_ids == {"flights.delays": "id-flights.delays"}
    memory = remembered(gone, observed(), memory)
    assert memory.topic_ids == {}
    assert kinds(plan(desired(topic()), observed(), memory=memory)) == [("create topic", Risk.SAFE)]


def test_what_left_the_files_is_known_as_long_as_it_is_there() -> None:
    memory = remembered(desired(topic()), observed(there()), Memory())
    assert remembered(desired(), observed(there()), memory).topic_ids == memory.topic_ids
    assert remembered(desired(), observed(), memory).topic_ids == {}
    assert remembered(desired(topic()), observed(), memory).topic_ids == memory.topic_ids
