"""Each way in which a cluster leaves its files is seen with its cause, and told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dataops.kafka.changes import Cause
from dataops.kafka.desired import Acl, DeclaredAcl, Deletion, Desired, Entity, Quota, ScramUser, State
from dataops.kafka.drifting import Drift, drift
from dataops.kafka.memory import Memory, remembered
from dataops.kafka.observed import (
    Ability,
    Capability,
    Inherited,
    ObservedCluster,
    ObservedUser,
    Origin,
    Partition,
)
from dataops.kafka.planning import plan
from dataops.kafka.render import drift_text
from hypothesis import given, settings

from tests.unit.kafka.builders import NOW, cluster, desired, observed, there, topic
from tests.unit.kafka.simulation import applied
from tests.unit.kafka.strategies import observed_clusters, wishes
from tests.unit.kafka.test_planning_access import WHERE

READ = Acl("TOPIC", "flights.delays", "User:orders", "READ")
CONFIGS = {"retention.ms": "604800000"}


def drifted(wanted: Desired, reading: ObservedCluster, memory: Memory | None = None) -> Drift:
    memory = memory or Memory()
    return drift(wanted, reading, plan(wanted, reading, memory=memory), memory)


def causes(found: Drift) -> list[tuple[Cause, str, str]]:
    return [(each.cause, each.resource.removeprefix("topic "), each.field) for each in found.findings]


def after(wanted: Desired, *topics: Any, **values: Any) -> Memory:
    """What the evidence of a healthy apply remembers."""
    return remembered(wanted, observed(*topics, **values), Memory())


def test_nothing_is_found_where_all_is_as_declared() -> None:
    wanted = desired(topic(configs=CONFIGS), acls=(DeclaredAcl(READ, WHERE, "t"),))
    reading = observed(there(configs=CONFIGS), acls=frozenset({READ}))
    assert drifted(wanted, reading).findings == ()


def test_a_change_by_hand_is_told_from_a_file_that_was_not_applied() -> None:
    wanted = desired(topic(configs=CONFIGS))
    memory = after(wanted, there(configs=CONFIGS))
    by_hand = drifted(wanted, observed(there(configs={"retention.ms": "1000"})), memory)
    assert causes(by_hand) == [(Cause.MANUAL_OVERRIDE, "flights.delays", "retention.ms")]
    assert (by_hand.findings[0].declared, by_hand.findings[0].observed) == ("604800000 (7 d)", "1000 (1 s)")
    edited = desired(topic(configs={"retention.ms": "1000"}))
    assert causes(drifted(edited, observed(there(configs=CONFIGS)), memory)) == [
        (Cause.NOT_APPLIED, "flights.delays", "retention.ms")
    ]
    unknown = drifted(wanted, observed(there(configs={"segment.ms": "1", **CONFIGS})))
    assert "no evidence tells" in unknown.findings[0].message


def test_a_change_by_hand_stays_one_on_the_second_night() -> None:
    wanted = desired(topic(configs=CONFIGS))
    changed = observed(there(configs={"retention.ms": "1000"}))
    first = drifted(wanted, changed, memory := after(wanted, there(configs=CONFIGS)))
    tomorrow = replace(changed, at=NOW + timedelta(days=1))
    second = drifted(wanted, tomorrow, remembered(wanted, changed, memory, first.findings))
    assert causes(second) == causes(first)
    assert (len(first.new), second.new, second.findings[0].since) == (1, frozenset(), NOW.isoformat())
    memory = remembered(
        wanted, tomorrow, remembered(wanted, changed, memory, first.findings), second.findings
    )
    healed = drifted(wanted, observed(there(configs=CONFIGS)), memory)
    assert (healed.findings, len(healed.resolved)) == ((), 1)


def test_what_an_apply_would_put_right_safely_is_marked() -> None:
    wanted = desired(topic(configs={"segment.ms": "1000"}))
    mended, not_mended = drifted(wanted, observed(there(configs={"cleanup.policy": "compact"}))).findings[
        ::-1
    ]
    assert (mended.field, mended.revert, not_mended.field, not_mended.revert) == (
        "segment.ms", False, "cleanup.policy", False,
    )  # fmt: skip
    (alone,) = drifted(wanted, observed(there())).findings
    assert (alone.field, alone.revert) == ("segment.ms", True)


@pytest.mark.parametrize("was_there", [True, False])
def test_a_missing_topic_was_deleted_or_never_created(was_there: bool) -> None:
    wanted = desired(topic())
    memory = after(wanted, there()) if was_there else Memory()
    found = drifted(wanted, observed(), memory)
    expected = Cause.MISSING_TOPIC if was_there else Cause.NOT_APPLIED
    assert causes(found) == [(expected, "flights.delays", "state")]
    assert found.findings[0].revert is not was_there


def test_a_topic_that_was_created_anew_is_seen() -> None:
    wanted = desired(topic())
    found = drifted(wanted, observed(there(topic_id="another")), after(wanted, there()))
    assert causes(found) == [(Cause.RECREATED_TOPIC, "flights.delays", "topic_id")]


def test_topics_that_no_file_declares_are_noticed_and_no_drift() -> None:
    reading = observed(there(), there("ships"), there("__internal", internal=True), there("connect-offsets"))
    found = drifted(desired(topic()), reading)
    assert causes(found) == [(Cause.UNMANAGED_TOPIC, "ships", "state")]
    assert found.differences == ()
    both = desired(topic(), topic("ships"))
    gone = drifted(desired(topic()), reading, after(both, there(), there("ships")))
    assert causes(gone) == [(Cause.VANISHED_DECLARATION, "ships", "state")]


def test_a_hidden_topic_is_no_missing_one() -> None:
    found = drifted(desired(topic()), observed(hidden={"flights.delays": "not authorised"}))
    assert causes(found) == [(Cause.HIDDEN_TOPIC, "flights.delays", "state")]


def test_partitions_and_replicas_that_differ_are_seen() -> None:
    wanted = desired(topic(partitions=2))
    reading = observed(there(partitions=4, replicas=(1, 2)))
    assert causes(drifted(wanted, reading)) == [
        (Cause.PARTITIONS_DIFFER, "flights.delays", "partitions"),
        (Cause.REPLICAS_DIFFER, "flights.delays", "replicas"),
    ]
    moved = desired(topic(partitions=1, replicas=((3, 1, 2),)))
    assert causes(drifted(moved, observed(there(partitions=1)))) == [
        (Cause.REPLICAS_DIFFER, "flights.delays", "replicas")
    ]


def test_partitions_without_leader_or_behind_are_seen() -> None:
    placed = (
        Partition(0, None, (1, 2, 3), (1,)),
        Partition(1, 2, (1, 2, 3), (2, 3)),
        Partition(2, 3, (1, 2, 3), (1, 2, 3)),
    )
    assert causes(drifted(desired(topic()), observed(there(placed=placed)))) == [
        (Cause.OFFLINE, "flights.delays", "leader"),
        (Cause.UNDER_REPLICATED, "flights.delays", "in_sync"),
    ]


def test_a_throttle_that_was_left_behind_is_seen() -> None:
    found = drifted(desired(topic()), observed(there(configs={"leader.replication.throttled.replicas": "*"})))
    assert causes(found) == [
        (Cause.THROTTLE_LEFT_BEHIND, "flights.delays", "leader.replication.throttled.replicas")
    ]


def test_a_default_of_the_brokers_that_changed_is_noticed_with_its_heirs() -> None:
    wanted = desired(topic(), topic("flights.own", configs=CONFIGS))
    before = observed(there(), there("flights.own", configs=CONFIGS))
    defaults = {**(before.defaults or {}), "retention.ms": Inherited("1000", Origin.BROKER)}
    found = drifted(wanted, replace(before, defaults=defaults), remembered(wanted, before, Memory()))
    assert causes(found) == [(Cause.BROKER_DEFAULT_CHANGED, "cluster main", "retention.ms")]
    assert "inherited by 1 declared topic." in found.findings[0].message


def test_a_lost_binding_is_told_from_a_new_one_and_from_an_undeclared_one() -> None:
    wanted = desired(topic(), acls=(DeclaredAcl(READ, WHERE, "t"),))
    other = replace(READ, principal="User:other")
    memory = after(wanted, there(), acls=frozenset({READ}))
    lost = drifted(wanted, observed(there(), acls=frozenset({other})), memory)
    assert [each.cause for each in lost.findings] == [Cause.LOST_ACL, Cause.UNMANAGED_ACL]
    assert (lost.findings[0].revert, len(lost.differences)) == (True, 1)
    later = remembered(wanted, observed(there(), acls=frozenset()), memory, lost.findings)
    assert [each.cause for each in drifted(wanted, observed(there()), later).findings] == [Cause.LOST_ACL]
    assert [each.cause for each in drifted(wanted, observed(there())).findings] == [Cause.NOT_APPLIED]


def test_users_and_quotas_that_differ_are_seen() -> None:
    bob = Entity(user="bob")
    wanted = desired(
        topic(),
        users=(ScramUser("bob", "kafka_bob", 2, WHERE, "t"),),
        quotas=(Quota(bob, {"producer_byte_rate": 5.0}, WHERE, "t"),),
    )
    good = observed(
        there(),
        users=(ObservedUser("bob", "SCRAM-SHA-512", 8194),),
        quotas={bob: {"producer_byte_rate": 5.0}},
    )
    assert drifted(wanted, good).findings == ()
    bad = replace(good, users=(ObservedUser("bob", "SCRAM-SHA-512", 4096),), quotas={})
    found = drifted(wanted, bad).findings
    assert [(each.cause, each.declared, each.observed) for each in found] == [
        (Cause.USER_DIFFERS, "8194 iterations", "4096 iterations"),
        (Cause.QUOTA_DIFFERS, "producer_byte_rate 5", "none"),
    ]


def test_what_is_declared_and_cannot_be_read_is_drift_and_no_silence() -> None:
    unable = {Capability.ACLS: Ability(False, "The cluster has no authorizer.")}
    wanted = desired(topic(), acls=(DeclaredAcl(READ, WHERE, "t"),))
    found = drifted(wanted, observed(there(), acls=None, abilities=unable))
    assert [each.cause for each in found.differences] == [Cause.UNSUPPORTED]
    assert drifted(desired(topic()), observed(there(), acls=None, abilities=unable)).findings == ()


def test_a_topic_that_waits_for_its_deletion_is_noticed() -> None:
    from tests.unit.kafka.test_planning_access import DENIED, USED

    wanted = desired(topic(state=State.ABSENT), cluster=cluster(deletion=Deletion(True)))
    reading = observed(there(), acls=DENIED, stakes={"flights.delays": USED})
    found = drifted(wanted, reading)
    assert causes(found) == [(Cause.AWAITING_DELETION, "flights.delays", "state")]
    assert found.differences == ()
    open_to_writers = drifted(wanted, replace(reading, acls=frozenset()))
    assert causes(open_to_writers) == [(Cause.NOT_APPLIED, "flights.delays", "state")]


@given(wishes(), observed_clusters())
@settings(max_examples=40, deadline=None)
def test_drift_is_seen_wherever_a_plan_would_change_or_refuse(
    wanted: Desired, reading: ObservedCluster
) -> None:
    made = plan(wanted, reading)
    found = drifted(wanted, reading)
    keys = [each.key for each in found.findings]
    assert len(keys) == len(set(keys))
    touched = {change.resource for change in made.changes} | {each.resource for each in made.refusals}
    seen = {each.resource for each in found.findings}
    assert {each for each in touched if each.startswith("topic ")} <= seen
    calm = applied(reading, made.changes)
    if not made.refusals and not any(each.state is State.ABSENT for each in wanted.topics.values()):
        assert drifted(wanted, calm).differences == ()


def test_drift_is_read_with_its_cause_its_age_and_what_to_do() -> None:
    wanted = desired(topic(configs={"segment.ms": "1000"}), topic("flights.two", configs=CONFIGS))
    changed = observed(there(), there("flights.two", configs={"retention.ms": "1000"}), there("ships"))
    memory = after(wanted, there(), there("flights.two", configs=CONFIGS))
    first = drifted(wanted, changed, memory)
    tomorrow = replace(changed, at=NOW + timedelta(days=1))
    kept = remembered(wanted, changed, memory, [each for each in first.findings if "two" in each.resource])
    shown = drift_text(drifted(wanted, tomorrow, kept), now=tomorrow.at)
    assert shown.splitlines() == [
        "2 things are not as declared, 1 more noticed, 2 new since the last evidence.",
        "",
        "Not as declared",
        f"  not applied: topic flights.delays segment.ms  [new]  {topic().source}",
        "      declared 1000 (1 s), there is not set",
        "      Whether somebody changed it or the file was not applied yet, no evidence tells. "
        "Apply the files, or declare what is there. An apply puts it right, safely.",
        f"  manual override: topic flights.two retention.ms  [for 1 d]  {topic().source}",
        "      declared 604800000 (7 d), there is 1000 (1 s)",
        "      Somebody changed it on the cluster. Apply the files, or declare what is there. "
        "An apply puts it right, safely.",
        "",
        "Noticed",
        "  unmanaged topic: topic ships state  [new]",
        "      No file declares the topic. Import it, "
        "or add it to `foreign` where another program looks after it.",
    ]
    assert drift_text(drifted(desired(topic()), observed(there()))) == "All is as declared.\n"
