"""What must change at one topic: created, its configs, its partitions, its replicas."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.kafka.changes import (
    AddPartitions,
    Change,
    CreateTopic,
    Reassign,
    Refusal,
    Risk,
    SetConfig,
    UnsetConfig,
)
from dataops.kafka.desired import INHERITED, Placement, Topic
from dataops.kafka.observed import Capability, ObservedCluster, Partition
from dataops.kafka.planning.assignment import CannotPlace, check_room, fresh, moved
from dataops.kafka.planning.config_risk import assess
from dataops.kafka.planning.situation import Assessment, Refused, Situation
from dataops.kafka.planning.words import config_value
from dataops.kafka.topic_configs import number, same


def creation(topic: Topic, observed: ObservedCluster, *, known: bool = False) -> Change | Refusal:
    """The change that creates a topic, or why it cannot be created.

    ``known``: it was there at the last evidence. Who deleted it may have meant it, so that a person decides.
    """
    resource, source = f"topic {topic.name}", str(topic.source)
    try:
        assignment = _first_assignment(topic, observed)
    except CannotPlace as error:
        advice = "Lower replication_factor, or add brokers."
        return Refusal(resource, "replication_factor", str(error), advice, source)
    least = number("min.insync.replicas", topic.configs.get("min.insync.replicas") or _default(observed))
    if least is not None and least > topic.replication_factor:
        reason = f"The broker wants {least} replicas in sync, but the topic has {topic.replication_factor}: "
        advice = "Set min.insync.replicas, or raise replication_factor."
        return Refusal(resource, "replication_factor", f"{reason}every write would fail.", advice, source)
    action = CreateTopic(
        topic.name, topic.partitions, topic.replication_factor, dict(topic.configs), assignment
    )
    undo = "Declare it `state: absent`."
    if known:
        reason = "Somebody deleted the topic since the last evidence: an empty one takes its place."
        return Change(action, Risk.DISRUPTIVE, reason, undo, source)
    return Change(action, Risk.SAFE, "The topic does not exist.", undo, source)


def _default(observed: ObservedCluster) -> str | None:
    found = (observed.defaults or {}).get("min.insync.replicas")
    return found.value if found else None


def _first_assignment(topic: Topic, observed: ObservedCluster) -> tuple[tuple[int, ...], ...]:
    if topic.replicas:
        _check_brokers(topic, observed)
        return topic.replicas
    if topic.placement is Placement.CROSS_RACK:
        return fresh(topic.partitions, topic.replication_factor, observed.brokers, apart=True)
    check_room(topic.replication_factor, observed.brokers, apart=False)
    return ()


def _check_brokers(topic: Topic, observed: ObservedCluster) -> None:
    live = {each.id for each in observed.brokers}
    unknown = sorted({broker for brokers in topic.replicas for broker in brokers} - live)
    if unknown:
        raise CannotPlace(f"`replicas` names brokers that are not there or down: {unknown}.")


def config_changes(situation: Situation) -> None:
    """Adds what sets and unsets configs: the topic's own overrides become the declared ones."""
    declared, there = situation.topic.configs, situation.there.configs
    if declared == there and not situation.there.sensitive:
        return
    for key in sorted(declared.keys() | there.keys()):
        if key in situation.topic.ignore_configs:
            continue
        if key in situation.there.sensitive and key in declared:
            reason = "Kafka hides its value, so that nobody can tell whether it is the declared one."
            situation.refuse(key, reason, "Put the key among `ignore_configs`.")
        elif not same(key, declared.get(key), there.get(key)):
            _change_config(situation, key, there, declared)


def _change_config(
    situation: Situation, key: str, there: Mapping[str, str], declared: Mapping[str, str]
) -> None:
    before, after = situation.in_force(key), situation.to_be(key)
    topic, topic_id = situation.topic.name, situation.there.topic_id
    try:
        found = assess(situation, key, before, after)
    except Refused as refused:
        situation.refuse(key, str(refused), refused.advice)
        return
    undo = found.undo or _undo(key, there.get(key))
    found = Assessment(found.risk, found.reason, undo, found.asks)
    if key in declared:
        action = SetConfig(topic, topic_id, key, there.get(key), declared[key])
        situation.settle(action, found, field=key, value=declared[key])
    else:
        hidden = key in situation.there.sensitive
        shown = "(hidden)" if hidden else there[key]
        reason = f"No file declares it. {found.reason}"
        unset = UnsetConfig(topic, topic_id, key, shown, situation.inherited(key))
        situation.settle(unset, Assessment(found.risk, reason, undo, found.asks), field=key, value=INHERITED)


def _undo(key: str, before: str | None) -> str:
    return (
        f"Set it back to {config_value(key, before)}." if before is not None else "Take it out of the file."
    )


def partition_changes(situation: Situation) -> None:
    """Adds what raises the number of partitions. It can never be lowered.

    New partitions get as many copies as the first one has (ReplicationControlManager.java), so that they
    come after the replicas have moved.
    """
    before, after = len(situation.there.partitions), situation.topic.partitions
    if after < before:
        situation.refuse(
            "partitions",
            f"The topic has {before} partitions, the file says {after}: Kafka cannot take partitions away, "
            "and the topic is never recreated.",
            f"Write `partitions: {before}`, or move to a new topic.",
        )
    elif after > before:
        action = AddPartitions(
            situation.topic.name, situation.there.topic_id, before, after, _of_new(situation, before, after)
        )
        situation.settle(action, _partition_risk(situation), field="partitions", value=str(after))


def _of_new(situation: Situation, before: int, after: int) -> tuple[tuple[int, ...], ...]:
    topic = situation.topic
    if topic.replicas:
        return topic.replicas[before:]
    if topic.placement is Placement.ANY:
        return ()
    try:
        partitions = situation.there.partitions
        return fresh(
            after - before, topic.replication_factor, situation.brokers, apart=True, beside=partitions
        )
    except CannotPlace as error:
        situation.refuse("placement", str(error), "Write `placement: any`, or add brokers or racks.")
        return ()


def _partition_risk(situation: Situation) -> Assessment:
    never = "Irreversible: partitions cannot be taken away."
    if situation.never_written():
        moving = any(
            isinstance(change.action, Reassign) and change.risk is not Risk.SAFE
            for change in situation.changes
        )
        if moving:
            return Assessment(
                Risk.DISRUPTIVE, "Nothing was ever written to the topic. First its replicas move.", never
            )
        return Assessment(Risk.SAFE, "Nothing was ever written to the topic: no key moves.", never)
    latest = "consumers that start at the latest offset may miss the first records of new partitions"
    if situation.compacts():
        reason = (
            "Keys move to other partitions: of a compacted topic the old one keeps an old value for good, "
            f"and joins by partition break; {latest}."
        )
        return Assessment(Risk.DESTRUCTIVE, reason, never, True)
    reason = f"Keys move to other partitions, so the order of a key's records breaks; {latest}."
    return Assessment(Risk.DISRUPTIVE, reason, never, True)


def replica_changes(situation: Situation) -> None:
    """Adds what moves replicas: their number, their racks, or the brokers that the file names."""
    topic, there = situation.topic, situation.there
    try:
        partitions = tuple(_settled(each) for each in there.partitions)
        target = _wanted_replicas(situation, partitions)
    except CannotPlace as error:
        situation.refuse("replication_factor", str(error), "Wait, or change the file, and plan again.")
        return
    if not target:
        return
    if there.reassigning:
        situation.refuse(
            "replicas", "Another reassignment of the topic is in progress.", "Wait until it has ended."
        )
        return
    ability = situation.observed.ability(Capability.REASSIGNMENT)
    if not ability.supported:
        situation.refuse(
            "replicas",
            f"Replicas would have to move, which is not possible: {ability.reason}",
            "Declare what is there, or ask the provider.",
        )
        return
    before = {each.index: each.replicas for each in there.partitions if each.index in target}
    action = Reassign(topic.name, there.topic_id, before, target, situation.cluster.throttle)
    risk = _replica_risk(situation, before, target)
    situation.settle(action, risk, field="replication_factor", value=str(topic.replication_factor))


def _settled(partition: Partition) -> Partition:
    """The partition as it will be when a reassignment in progress has ended."""
    if not partition.removing:
        return partition
    staying = tuple(each for each in partition.replicas if each not in partition.removing)
    return Partition(partition.index, partition.leader, staying, partition.in_sync)


def _wanted_replicas(situation: Situation, partitions: tuple[Partition, ...]) -> dict[int, tuple[int, ...]]:
    topic = situation.topic
    if topic.replicas:
        pairs = zip(partitions, topic.replicas, strict=False)
        target = {each.index: brokers for each, brokers in pairs if each.replicas != brokers}
        if target:
            _check_brokers(topic, situation.observed)
        return target
    apart = topic.placement is Placement.CROSS_RACK
    return moved(partitions, topic.replication_factor, situation.brokers, apart=apart)


def _replica_risk(
    situation: Situation, before: Mapping[int, tuple[int, ...]], target: Mapping[int, tuple[int, ...]]
) -> Assessment:
    back = "Declare the former number or placement; the replicas move back."
    if all(set(before[index]) == set(replicas) for index, replicas in target.items()):
        return Assessment(Risk.SAFE, "Only the order of preference changes: no data moves.", back)
    situation.stake()
    fewer = any(len(target[index]) < len(before[index]) for index in target)
    throttle = situation.cluster.throttle
    how = f"at no more than {throttle:,} bytes/s and broker" if throttle else "without a throttle"
    if fewer:
        least = min(map(len, target.values()))
        reason = f"Partitions keep {least} {'copy' if least == 1 else 'copies'}: fewer survive a failure."
        return Assessment(Risk.DISRUPTIVE, reason, back, True)
    count = len(target)
    reason = f"Replicas of {count} partition{'s' if count > 1 else ''} are copied, {how}."
    return Assessment(Risk.DISRUPTIVE, reason, back)
