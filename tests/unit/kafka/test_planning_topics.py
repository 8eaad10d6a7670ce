"""Each dangerous change is told with its risk, asks for what it must, or is refused whatever is agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dataops.kafka.changes import AddPartitions, Cause, Change, CreateTopic, Plan, Reassign, Refusal, Risk
from dataops.kafka.desired import Placement
from dataops.kafka.memory import Memory
from dataops.kafka.observed import Ability, Broker, Capability, GroupLag, Partition, Stake
from dataops.kafka.planning import plan
from dataops.kafka.planning.plan import WrongCluster

from tests.unit.kafka.builders import NOTHING, NOW, cluster, desired, observed, there, topic

DAY = 86_400_000
FULL = Stake(
    messages=1000,
    written=1000,
    bytes=5_000_000,
    oldest=NOW - timedelta(days=5),
    last_write=NOW - timedelta(hours=1),
    groups=(GroupLag("reports", "Stable", 2, 10),),
    largest_batch=200_000,
    sampled=100,
    null_keys=0,
)


def planned(
    declared: dict[str, Any] | None = None, exists: dict[str, Any] | None = None, stake: Stake | None = FULL
) -> Plan:
    """The plan for one topic that is there."""
    stakes = {"flights.delays": stake} if stake else {}
    return plan(desired(topic(**declared or {})), observed(there(**exists or {}), stakes=stakes))


def the_change(made: Plan) -> Change:
    assert made.refusals == ()
    (change,) = made.changes
    return change


def the_refusal(made: Plan) -> Refusal:
    assert made.changes == ()
    (refusal,) = made.refusals
    return refusal


def config(key: str, after: str | None, before: str | None, stake: Stake | None = FULL, **more: Any) -> Plan:
    """The plan that changes one config."""
    declared = {"configs": {key: after} if after is not None else {}, **more}
    return planned(declared, {"configs": {key: before} if before is not None else {}}, stake)


def test_nothing_changes_where_all_is_as_declared() -> None:
    made = planned({"configs": {"retention.ms": "604800000"}}, {"configs": {"retention.ms": "604800000"}})
    assert (made.changes, made.refusals, made.findings, made.exit_code) == ((), (), (), 0)
    assert (made.safe.hash, made.gated.hash, made.wants_stakes) == ("", "", ())


@pytest.mark.parametrize(
    ("key", "declared", "there_is"),
    [
        ("retention.ms", "604800000", " 604800000"),
        ("cleanup.policy", "compact,delete", "delete,compact"),
        ("cleanup.policy", "compact,delete", "delete, compact"),
        ("compression.type", "lz4", "LZ4"),
        ("preallocate", "true", "TRUE"),
        ("min.cleanable.dirty.ratio", "0.5", "0.50"),
    ],
)
def test_what_means_the_same_is_no_change(key: str, declared: str, there_is: str) -> None:
    assert config(key, declared, there_is).exit_code == 0


def test_inherited_values_are_no_change() -> None:
    inherited = there().__class__(**{
        "name": "flights.delays",
        "topic_id": "id",
        "partitions": there().partitions,
    })
    made = plan(desired(topic()), observed(inherited))
    assert made.exit_code == 0


def test_a_missing_topic_is_created() -> None:
    made = plan(desired(topic(configs={"retention.ms": "1000"})), observed())
    change = the_change(made)
    assert change.action == CreateTopic("flights.delays", 3, 3, {"retention.ms": "1000"})
    assert (change.risk, made.exit_code, made.gated.changes) == (Risk.SAFE, 4, ())
    assert made.safe.hash


def test_a_topic_that_somebody_deleted_is_created_again_only_by_a_person() -> None:
    change = the_change(plan(desired(topic()), observed(), memory=Memory(topic_ids={"flights.delays": "id"})))
    assert (change.kind, change.risk) == ("create topic", Risk.DISRUPTIVE)
    assert "an empty one takes its place" in change.reason


def test_the_wrong_cluster_is_refused_by_name() -> None:
    with pytest.raises(WrongCluster, match=r"leads to the cluster MkU3.*pins another: nothing was changed"):
        plan(desired(topic(), cluster=cluster(cluster_id="another")), observed())


def test_a_hidden_topic_is_not_taken_for_a_missing_one() -> None:
    made = plan(desired(topic()), observed(hidden={"flights.delays": "TOPIC_AUTHORIZATION_FAILED"}))
    assert "does not let us see" in the_refusal(made).reason


def test_a_replication_factor_above_the_live_brokers_is_refused() -> None:
    made = plan(desired(topic(replication_factor=4)), observed())
    assert the_refusal(made).reason == "4 replicas need 4 live brokers; there are 3."


def test_a_replication_factor_above_the_racks_is_refused_where_each_shall_have_its_own() -> None:
    brokers = (Broker(1, rack="a"), Broker(2, rack="a"), Broker(3, rack="b"))
    apart = topic(placement=Placement.CROSS_RACK)
    assert "need 3 racks; there are 2" in the_refusal(plan(desired(apart), observed(brokers=brokers))).reason
    assert plan(desired(replace(apart, replication_factor=2)), observed(brokers=brokers)).refusals == ()


def test_a_topic_whose_inherited_minimum_exceeds_its_copies_is_refused() -> None:
    from dataops.kafka.observed import Inherited, Origin

    defaults = {"min.insync.replicas": Inherited("2", Origin.BROKER)}
    made = plan(desired(topic(replication_factor=1)), observed(defaults=defaults))
    assert "every write would fail" in the_refusal(made).reason
    assert plan(desired(topic(replication_factor=2)), observed(defaults=defaults)).refusals == ()


def test_two_names_that_metrics_cannot_tell_apart_are_refused() -> None:
    made = plan(desired(topic("a.b")), observed(there("a_b")))
    assert "cannot exist beside a_b" in the_refusal(made).reason


def test_internal_topics_are_never_touched() -> None:
    made = plan(desired(topic(partitions=9)), observed(there(internal=True)))
    assert "looks after it" in the_refusal(made).reason
    foreign = cluster(foreign=("flights.*",))
    assert "looks after it" in the_refusal(plan(desired(topic(), cluster=foreign), observed(there()))).reason


def test_fewer_partitions_are_refused_whatever_is_acknowledged() -> None:
    refusal = the_refusal(planned({"partitions": 2, "acknowledged": {"partitions": "2"}}))
    assert "never recreated" in refusal.reason


def test_more_partitions_ask_for_an_acknowledgement_of_that_very_number() -> None:
    refusal = the_refusal(planned({"partitions": 6}))
    assert "order of a key's records breaks" in refusal.reason
    assert "`acknowledge: {partitions: 6}`" in refusal.advice
    assert planned({"partitions": 6, "acknowledged": {"partitions": "5"}}).refusals
    change = the_change(planned({"partitions": 6, "acknowledged": {"partitions": "6"}}))
    assert change.action == AddPartitions("flights.delays", "id-flights.delays", 3, 6)
    assert (change.risk, change.acknowledged) == (Risk.DISRUPTIVE, "partitions: 6")
    assert change.stake == FULL


def test_more_partitions_are_worse_where_the_topic_is_compacted() -> None:
    compacted = {"configs": {"cleanup.policy": "compact"}}
    made = planned({"partitions": 6, "acknowledged": {"partitions": "6"}, **compacted}, compacted)
    assert the_change(made).risk is Risk.DESTRUCTIVE
    assert "keeps an old value for good" in the_change(made).reason


def test_more_partitions_of_a_topic_that_was_never_written_are_safe() -> None:
    assert the_change(planned({"partitions": 6}, stake=NOTHING)).risk is Risk.SAFE


def test_without_the_numbers_the_worst_is_taken_and_they_are_asked_for() -> None:
    made = planned({"partitions": 6}, stake=None)
    assert made.wants_stakes == ("flights.delays",)
    assert made.refusals
    unread = Stake(unknown=("Offsets could not be read.",))
    assert planned({"partitions": 6}, stake=unread).refusals
    assert planned({"partitions": 6}, stake=unread).wants_stakes == ()


@pytest.mark.parametrize(
    ("after", "before", "stake", "risk", "told"),
    [
        ("864000000", "604800000", FULL, Risk.SAFE, "kept longer"),
        ("-1", "604800000", FULL, Risk.SAFE, "kept longer"),
        ("9223372036854775807", "-1", FULL, Risk.SAFE, "more than a century"),
        ("3155760000000", "-1", Stake(), Risk.SAFE, "more than a century"),
        ("3155759999999", "-1", FULL, Risk.DISRUPTIVE, "none is that old yet"),
        ("518400000", "604800000", FULL, Risk.DISRUPTIVE, "none is that old yet"),
        ("3600000", "604800000", NOTHING, Risk.SAFE, "holds no records"),
        ("3600000", "604800000", FULL, "asks", "than 1 h are deleted: the oldest is of 2026-11-20 12:00"),
        ("3600000", "-1", FULL, "asks", "older than 1 h are deleted"),
        ("3600000", None, FULL, "asks", "older than 1 h are deleted"),
        ("3600000", "604800000", Stake(), "asks", "how old the oldest is, nobody knows"),
        (None, "-1", FULL, Risk.DISRUPTIVE, "No file declares it. Records are kept for 7 d only"),
    ],
)  # fmt: skip
def test_a_retention_cut_shows_the_data_at_risk(
    after: str | None, before: str | None, stake: Stake, risk: Risk | str, told: str
) -> None:
    made = config("retention.ms", after, before, stake)
    if risk == "asks":
        assert told in the_refusal(made).reason
        agreed = config("retention.ms", after, before, stake, acknowledged={"retention.ms": after})
        assert the_change(agreed).risk is Risk.DESTRUCTIVE
        assert "Irreversible" in the_change(agreed).undo
    else:
        assert told in the_change(made).reason
        assert the_change(made).risk is risk


def test_retention_does_not_apply_to_a_topic_that_is_only_compacted() -> None:
    compact = {"cleanup.policy": "compact"}
    made = planned(
        {"configs": {**compact, "retention.ms": "1000"}},
        {"configs": {**compact, "retention.ms": "604800000"}},
    )
    assert the_change(made).risk is Risk.SAFE


@pytest.mark.parametrize(
    ("after", "before", "stake", "risk"),
    [
        ("-1", "1000000", FULL, Risk.SAFE),
        ("6000000", "-1", FULL, Risk.DISRUPTIVE),
        ("1000000", "-1", FULL, "asks"),
        ("6000000", "-1", Stake(messages=5), "asks"),
    ],
)
def test_a_size_cut_shows_the_data_at_risk(after: str, before: str, stake: Stake, risk: Risk | str) -> None:
    made = config("retention.bytes", after, before, stake)
    assert the_refusal(made).field == "retention.bytes" if risk == "asks" else the_change(made).risk is risk


@pytest.mark.parametrize(
    ("after", "before", "told"),
    [
        (
            "compact",
            "delete",
            "All records of a key but the last are deleted; all of the 100 newest records have a key",
        ),
        ("compact,delete", "delete", "All records of a key but the last"),
        ("delete", "compact", "now records older than 7 d are deleted, keys with them"),
        ("compact,delete", "compact", "keys with them"),
        (None, "compact", "No file declares it. The topic kept the last record"),
    ],
)
def test_changing_the_cleanup_policy_asks(after: str | None, before: str, told: str) -> None:
    assert told in the_refusal(config("cleanup.policy", after, before)).reason
    agreed = {"cleanup.policy": after or "inherited"}
    made = config("cleanup.policy", after, before, acknowledged=agreed)
    assert the_change(made).risk is Risk.DESTRUCTIVE
    assert config("cleanup.policy", after, before, NOTHING).safe.changes


@pytest.mark.parametrize(("after", "before"), [("delete", "compact,delete"), ("compact", "compact,delete")])
def test_taking_a_cleanup_policy_away_disturbs(after: str, before: str) -> None:
    assert the_change(config("cleanup.policy", after, before)).risk is Risk.DISRUPTIVE


def test_a_topic_with_records_without_keys_is_never_compacted() -> None:
    keyless = replace(FULL, null_keys=3)
    made = config("cleanup.policy", "compact", "delete", keyless, acknowledged={"cleanup.policy": "compact"})
    assert "3 of the 100 newest records have no key" in the_refusal(made).reason


def test_deletion_markers_that_go_sooner_ask_where_the_topic_is_compacted() -> None:
    compact = {"cleanup.policy": "compact"}
    short = {"configs": {**compact, "delete.retention.ms": "1000"}}
    assert "Deletion markers go after 1 s" in the_refusal(planned(short, {"configs": compact})).reason
    assert planned({"configs": {"delete.retention.ms": "1000"}}, {}).safe.changes
    longer = {"configs": {**compact, "delete.retention.ms": "999999999"}}
    assert planned(longer, {"configs": compact}).safe.changes


def test_smaller_messages_than_are_in_use_ask() -> None:
    assert "up to 200 kB are in use" in the_refusal(config("max.message.bytes", "100000", "1000000")).reason
    assert the_change(config("max.message.bytes", "300000", "1000000")).risk is Risk.DISRUPTIVE
    assert the_change(config("max.message.bytes", "2000000", "1000000")).risk is Risk.SAFE
    assert "nobody knows" in the_refusal(config("max.message.bytes", "300000", None, Stake())).reason


def test_unclean_leaders_ask() -> None:
    key = "unclean.leader.election.enable"
    assert "lost for good" in the_refusal(config(key, "true", None)).reason
    made = config(key, "true", None, acknowledged={key: "true"})
    assert the_change(made).risk is Risk.DESTRUCTIVE
    assert the_change(config(key, "false", "true")).risk is Risk.SAFE


def test_more_replicas_in_sync_than_there_are_is_refused() -> None:
    refusal = the_refusal(config("min.insync.replicas", "4", None, acknowledged={"min.insync.replicas": "4"}))
    assert "every write with acks=all would fail" in refusal.reason


def test_as_many_replicas_in_sync_as_there_are_asks() -> None:
    assert "one broker down stops every write" in the_refusal(config("min.insync.replicas", "3", None)).reason
    made = config("min.insync.replicas", "3", None, acknowledged={"min.insync.replicas": "3"})
    assert the_change(made).risk is Risk.DISRUPTIVE


def test_replicas_in_sync_are_counted_before_more_are_wanted() -> None:
    assert the_change(config("min.insync.replicas", "2", None)).risk is Risk.SAFE
    placed = (
        Partition(0, 1, (1, 2, 3), (1,)),
        Partition(1, 2, (2, 3, 1), (2, 3)),
        Partition(2, 3, (3, 1, 2), (3, 1)),
    )
    made = planned({"configs": {"min.insync.replicas": "2"}}, {"placed": placed})
    assert "Fewer than 2 replicas of 1 partition are in sync" in the_change(made).reason
    assert the_change(made).risk is Risk.DISRUPTIVE
    assert the_change(config("min.insync.replicas", "1", "2")).risk is Risk.DISRUPTIVE


@pytest.mark.parametrize(
    ("key", "after", "before", "risk"),
    [
        ("segment.ms", "1000", None, Risk.SAFE),
        ("compression.type", "zstd", None, Risk.SAFE),
        ("message.timestamp.type", "LogAppendTime", None, Risk.DISRUPTIVE),
        ("min.compaction.lag.ms", "0", "1000", Risk.DISRUPTIVE),
        ("min.compaction.lag.ms", "5000", "1000", Risk.SAFE),
        ("message.timestamp.after.max.ms", "1000", "3600000", Risk.DISRUPTIVE),
        ("remote.storage.enable", "true", None, Risk.DISRUPTIVE),
    ],
)
def test_other_configs_have_their_risk(key: str, after: str, before: str | None, risk: Risk) -> None:
    assert the_change(config(key, after, before)).risk is risk


def test_undeclared_overrides_are_unset_but_for_the_ignored_ones() -> None:
    exists = {"configs": {"segment.ms": "1000", "leader.replication.throttled.replicas": "0:1"}}
    change = the_change(planned({}, exists))
    assert (change.kind, change.risk) == ("unset config", Risk.SAFE)
    assert (
        planned({"ignore_configs": frozenset({"segment.ms"})}, {"configs": {"segment.ms": "1"}}).exit_code
        == 0
    )


def test_a_value_that_kafka_hides_is_never_printed() -> None:
    made = planned({}, {"configs": {"secret.key": ""}, "sensitive": frozenset({"secret.key"})})
    assert "(hidden)" in made.to_json().decode()
    refused = planned(
        {"configs": {"secret.key": "x"}}, {"configs": {"secret.key": ""}, "sensitive": {"secret.key"}}
    )
    assert "hides its value" in the_refusal(refused).reason


def test_nothing_destructive_is_done_to_a_protected_topic() -> None:
    agreed = {"acknowledged": {"retention.ms": "3600000"}, "configs": {"retention.ms": "3600000"}}
    assert "protected" in the_refusal(planned({"protected": True, **agreed})).reason
    guarded = cluster(protected=("flights.*",))
    made = plan(desired(topic(**agreed), cluster=guarded), observed(there(), stakes={"flights.delays": FULL}))
    assert "protected" in the_refusal(made).reason
    assert planned({"protected": True, "configs": {"retention.ms": "864000000"}}).safe.changes


def test_a_refusal_keeps_the_whole_topic_as_it_is_and_no_other() -> None:
    both = desired(topic(partitions=1, configs={"segment.ms": "1000"}), topic("flights.other"))
    made = plan(both, observed(there()))
    assert [change.resource for change in made.changes] == ["topic flights.other"]
    assert made.exit_code == 1


def test_more_copies_move_with_a_throttle() -> None:
    made = planned({"replication_factor": 3}, {"replicas": (1, 2)})
    change = the_change(made)
    assert isinstance(change.action, Reassign)
    assert change.action.throttle == 50_000_000
    assert {index: set(replicas) for index, replicas in change.action.after.items()} == {
        at: {1, 2, 3} for at in range(3)
    }
    assert all(change.action.after[at][:2] == change.action.before[at] for at in range(3))
    assert change.risk is Risk.DISRUPTIVE


def test_fewer_copies_ask_and_keep_those_in_sync() -> None:
    exists = {"placed": (Partition(0, 2, (1, 2, 3), (2, 3)),)}
    declared = {"partitions": 1, "replication_factor": 2}
    assert "fewer survive a failure" in the_refusal(planned(declared, exists)).reason
    change = the_change(planned({**declared, "acknowledged": {"replication_factor": "2"}}, exists))
    assert isinstance(change.action, Reassign)
    assert change.action.after == {0: (2, 3)}
    lonely = {"placed": (Partition(0, 2, (1, 2, 3), (2,)),)}
    assert "too few replicas in sync" in the_refusal(planned(declared, lonely)).reason


def test_an_under_replicated_topic_has_all_its_copies() -> None:
    assert planned({"partitions": 1}, {"placed": (Partition(0, 1, (1, 2, 3), (1,)),)}).exit_code == 0


def test_a_broker_that_is_down_moves_nothing() -> None:
    up = (Broker(1, rack="a"), Broker(2, rack="b"))
    assert plan(desired(topic()), observed(there(), brokers=up)).exit_code == 0
    made = plan(desired(topic(replication_factor=2)), observed(there(), brokers=up))
    assert "Broker 3" in the_refusal(made).reason


def test_replicas_are_brought_into_racks_of_their_own() -> None:
    brokers = (Broker(1, rack="a"), Broker(2, rack="a"), Broker(3, rack="b"))
    apart = desired(topic(partitions=1, replication_factor=2, placement=Placement.CROSS_RACK))
    change = the_change(plan(apart, observed(there(partitions=1, replicas=(1, 2)), brokers=brokers)))
    assert isinstance(change.action, Reassign)
    assert change.action.after == {0: (1, 3)}
    assert plan(apart, observed(there(partitions=1, replicas=(2, 3)), brokers=brokers)).exit_code == 0


def test_replicas_go_to_the_brokers_that_the_file_names() -> None:
    named = {"partitions": 1, "replicas": ((3, 1, 2),)}
    turned = the_change(planned(named, {"partitions": 1}))
    assert (turned.risk, "no data moves" in turned.reason) == (Risk.SAFE, True)
    made = planned({"partitions": 1, "replication_factor": 1, "replicas": ((9,),)}, {"partitions": 1})
    assert "not there or down: [9]" in the_refusal(made).reason


def test_a_reassignment_in_progress_is_waited_for() -> None:
    moving = {"placed": (Partition(0, 1, (1, 2, 3), (1, 2), adding=(3,), removing=(2,)),)}
    settled = planned({"partitions": 1, "replication_factor": 2}, moving)
    assert [finding.cause for finding in settled.findings] == [Cause.REASSIGNMENT_IN_PROGRESS]
    assert settled.exit_code == 0
    other = planned({"partitions": 1, "replication_factor": 3}, moving)
    assert "in progress" in the_refusal(other).reason


def test_a_cluster_that_cannot_move_replicas_says_so() -> None:
    unable = {Capability.REASSIGNMENT: Ability(False, "The provider does not offer it.")}
    made = plan(desired(topic(replication_factor=2)), observed(there(), abilities=unable))
    assert the_refusal(made).reason.endswith("The provider does not offer it.")


def test_a_topic_that_left_the_files_is_told_and_stays() -> None:
    memory = Memory(topic_ids={"flights.gone": "id-flights.gone", "flights.delays": "id-flights.delays"})
    made = plan(desired(topic()), observed(there(), there("flights.gone")), memory=memory)
    assert [(each.cause, each.resource) for each in made.findings] == [
        (Cause.VANISHED_DECLARATION, "topic flights.gone")
    ]
    assert made.exit_code == 0


def test_a_topic_that_was_created_anew_is_told() -> None:
    made = plan(desired(topic()), observed(there()), memory=Memory(topic_ids={"flights.delays": "other"}))
    assert [each.cause for each in made.findings] == [Cause.RECREATED_TOPIC]


def test_a_throttle_left_behind_is_told() -> None:
    made = planned({}, {"configs": {"follower.replication.throttled.replicas": "0:1"}})
    assert [each.cause for each in made.findings] == [Cause.THROTTLE_LEFT_BEHIND]


def test_what_is_not_selected_stays_as_it_is() -> None:
    both = desired(topic(configs={"segment.ms": "1"}), topic("other.topic"))
    made = plan(both, observed(there(), there("third")), only=("flights.*",))
    assert [change.resource for change in made.changes] == ["topic flights.delays"]
