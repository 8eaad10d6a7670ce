"""How dangerous the change of a config is. Whatever is not known counts as the worst that it could be.

Each rule names its source in Kafka's documentation of topic configs, and gives safe only for what can
neither lose a record nor stop a client.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from dataops.evidence.units import duration, human
from dataops.kafka.changes import Risk
from dataops.kafka.planning.situation import Assessment, Refused, Situation, whole
from dataops.kafka.planning.words import count, moment
from dataops.kafka.topic_configs import number, same

Rule = Callable[[Situation, str, str | None, str | None], Assessment]

_CENTURY = timedelta(days=36_525) // timedelta(milliseconds=1)
"""Milliseconds. No record bears a time before 1970 (KIP-32): none is that old."""
_GONE = "Irreversible: what is deleted does not come back."


def assess(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    """What it means that this config, which holds ``before``, will be ``after``; None where unknown.

    Raises ``Refused`` for what can never be meant.
    """
    if before is not None and same(key, before, after):
        return Assessment(
            Risk.SAFE, "The same value holds already; it becomes the topic's own, or no longer is."
        )
    rule = _RULES.get(key)
    return rule(situation, key, before, after) if rule else _harmless(situation, key, before, after)


def _harmless(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    return Assessment(Risk.SAFE, "It concerns how records are stored, not which.")


def _retention_ms(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    if not situation.deletes():
        return Assessment(Risk.SAFE, "The topic is only compacted: retention does not apply to it.")
    old, new = whole(key, before), whole(key, after)
    longer = old is not None and new is not None and new >= old
    if longer or (new is not None and new >= _CENTURY):
        return Assessment(Risk.SAFE, f"Records are kept {'longer' if longer else 'for more than a century'}.")
    stake = situation.stake()
    if stake is not None and stake.messages == 0:
        return Assessment(Risk.SAFE, "The topic holds no records.")
    if new is None:
        return Assessment(
            Risk.DESTRUCTIVE, "Nobody knows which retention the topic will inherit.", _GONE, True
        )
    kept = duration(new / 1000)
    limit = situation.now - timedelta(milliseconds=new)
    if stake is not None and stake.oldest is not None and stake.oldest >= limit:
        return Assessment(
            Risk.DISRUPTIVE,
            f"Records are kept for {kept} only: none is that old yet, but slow consumers get less time.",
        )
    oldest = f"the oldest is of {moment(stake.oldest, situation.now)}" if stake and stake.oldest else ""
    known = oldest or "how old the oldest is, nobody knows"
    return Assessment(Risk.DESTRUCTIVE, f"Records older than {kept} are deleted: {known}.", _GONE, True)


def _retention_bytes(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    if not situation.deletes():
        return Assessment(Risk.SAFE, "The topic is only compacted: retention does not apply to it.")
    old, new = whole(key, before), whole(key, after)
    if old is not None and new is not None and new >= old:
        return Assessment(Risk.SAFE, "More data is kept.")
    stake = situation.stake()
    if stake is not None and stake.messages == 0:
        return Assessment(Risk.SAFE, "The topic holds no records.")
    if new is None:
        return Assessment(Risk.DESTRUCTIVE, "Nobody knows which size the topic will inherit.", _GONE, True)
    if stake is not None and stake.bytes is not None and stake.bytes <= new:
        return Assessment(
            Risk.DISRUPTIVE,
            f"A partition keeps {human(new, 'bytes')} at most: the whole topic has less, nothing goes yet.",
        )
    has = (
        f"the topic has {human(stake.bytes, 'bytes')}"
        if stake and stake.bytes is not None
        else "its size is unknown"
    )
    reason = f"What a partition has above {human(new, 'bytes')} is deleted, the oldest first: {has}."
    return Assessment(Risk.DESTRUCTIVE, reason, _GONE, True)


def _cleanup_policy(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    if situation.never_written():
        return Assessment(Risk.SAFE, "Nothing was ever written to the topic.")
    if before is None or after is None:
        return Assessment(
            Risk.DESTRUCTIVE, "Nobody knows the policy that the topic inherits: records may go.", _GONE, True
        )
    old, new = set(before.split(",")), set(after.split(","))
    if "compact" in new - old:
        return _compaction(situation)
    if "delete" in new - old:
        kept = whole("retention.ms", situation.to_be("retention.ms"))
        age = (
            f"older than {duration(kept / 1000)}"
            if kept is not None and kept < 1 << 63
            else "above retention"
        )
        reason = (
            f"The topic kept the last record of every key; now records {age} are deleted, keys with them."
        )
        return Assessment(Risk.DESTRUCTIVE, reason, _GONE, True)
    if "compact" in old - new:
        return Assessment(
            Risk.DISRUPTIVE, "Compaction ends: whoever reads the topic as a table meets old values of a key."
        )
    return Assessment(Risk.DISRUPTIVE, "Old records are no longer deleted: the topic grows without end.")


def _compaction(situation: Situation) -> Assessment:
    stake = situation.stake()
    if stake is not None and stake.null_keys:
        raise Refused(
            f"{stake.null_keys:,} of the {stake.sampled or 0:,} newest records have no key: a compacted "
            "topic refuses such records, and their producers would fail.",
            "Give every record a key first, or keep `cleanup.policy: delete`.",
        )
    sampled = stake.sampled if stake is not None else None
    keys = (
        f"all of the {sampled:,} newest records have a key"
        if sampled
        else "whether all records have a key, nobody looked: records without one are refused from now on"
    )
    return Assessment(
        Risk.DESTRUCTIVE, f"All records of a key but the last are deleted; {keys}.", _GONE, True
    )


def _delete_retention(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    old, new = whole(key, before), whole(key, after)
    if not situation.compacts():
        return Assessment(Risk.SAFE, "The topic is not compacted: it has no deletion markers.")
    if old is not None and new is not None and new >= old:
        return Assessment(Risk.SAFE, "Deletion markers are kept longer.")
    if situation.never_written():
        return Assessment(Risk.SAFE, "Nothing was ever written to the topic.")
    kept = duration(new / 1000) if new is not None else "an unknown time"
    reason = f"Deletion markers go after {kept}: a consumer that needs longer keeps keys that were deleted."
    return Assessment(Risk.DESTRUCTIVE, reason, _GONE, True)


def _max_message_bytes(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    old, new = number(key, before), number(key, after)
    if old is not None and new is not None and new > old:
        return Assessment(Risk.SAFE, "Larger messages are taken.")
    if situation.never_written():
        return Assessment(Risk.SAFE, "Nothing was ever written to the topic.")
    stake = situation.stake()
    largest = stake.largest_batch if stake is not None else None
    if largest is None or new is None:
        reason = "Larger batches are refused; how large those in use are, nobody knows: producers may fail."
        return Assessment(Risk.DISRUPTIVE, reason, asks=True)
    if new < largest:
        reason = f"Batches of up to {human(largest, 'bytes')} are in use: their producers will fail."
        return Assessment(Risk.DISRUPTIVE, reason, asks=True)
    return Assessment(
        Risk.DISRUPTIVE, f"Larger batches are refused; the largest seen has {human(largest, 'bytes')}."
    )


def _unclean(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    if after == "false":
        return Assessment(Risk.SAFE, "Only a replica that has every record may lead.")
    reason = "A replica that lacks records may become leader: acknowledged records are then lost for good."
    return Assessment(Risk.DESTRUCTIVE, reason, "Irreversible once such a leader was elected.", True)


def _min_insync(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    old, new = number(key, before), number(key, after)
    copies, topic = situation.there.replication_factor, situation.topic
    if new is None:
        return Assessment(Risk.DISRUPTIVE, "Nobody knows which number the topic will inherit.", asks=True)
    if new > topic.replication_factor:
        raise Refused(
            f"{new} replicas would have to be in sync, but the topic has {topic.replication_factor}: every "
            "write with acks=all would fail.",
            "Lower min.insync.replicas, or raise the replication factor.",
        )
    if old is not None and new < old:
        return Assessment(
            Risk.DISRUPTIVE, f"Writes are acknowledged with {new} copies: fewer survive a failure."
        )
    if new == topic.replication_factor and new > 1:
        reason = f"All {new} replicas must be in sync: one broker down stops every write with acks=all."
        return Assessment(Risk.DISRUPTIVE, reason, asks=True)
    short = sum(1 for each in situation.there.partitions if len(each.in_sync) < new)
    if short:
        now = "" if new <= copies else " until the new replicas are in sync"
        reason = (
            f"Fewer than {new} replicas of {count(short, 'partition')} are in sync: writes there fail{now}."
        )
        return Assessment(Risk.DISRUPTIVE, reason)
    return Assessment(
        Risk.SAFE, f"Writes are acknowledged only with {new} copies, and all partitions have them."
    )


def _less_is_stricter(what: str) -> Rule:
    def rule(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
        old, new = whole(key, before), whole(key, after)
        if old is not None and new is not None and new > old:
            return Assessment(Risk.SAFE, "It allows more than before.")
        if situation.never_written():
            return Assessment(Risk.SAFE, "Nothing was ever written to the topic.")
        return Assessment(Risk.DISRUPTIVE, what)

    return rule


def _tiered(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
    if after == "true":
        return Assessment(Risk.DISRUPTIVE, "Old segments move to remote storage, and are read more slowly.")
    reason = "Remote storage is switched off: segments that are only there may be deleted."
    return Assessment(Risk.DESTRUCTIVE, reason, _GONE, True)


def _switch(what: str) -> Rule:
    def rule(situation: Situation, key: str, before: str | None, after: str | None) -> Assessment:
        return Assessment(Risk.DISRUPTIVE, what)

    return rule


_RULES: dict[str, Rule] = {
    "retention.ms": _retention_ms,
    "retention.bytes": _retention_bytes,
    "cleanup.policy": _cleanup_policy,
    "delete.retention.ms": _delete_retention,
    "max.message.bytes": _max_message_bytes,
    "unclean.leader.election.enable": _unclean,
    "min.insync.replicas": _min_insync,
    "remote.storage.enable": _tiered,
    "message.timestamp.type": _switch(
        "Timestamps, by which retention and lookups work, change their meaning."
    ),
    "remote.log.copy.disable": _switch("What is copied to remote storage changes."),
    "remote.log.delete.on.disable": _switch("What happens to remote segments on switching off changes."),
    "message.timestamp.before.max.ms": _less_is_stricter("Records with older timestamps are refused."),
    "message.timestamp.after.max.ms": _less_is_stricter("Records with later timestamps are refused."),
    "min.compaction.lag.ms": _less_is_stricter(
        "Old values of a key go sooner: slow consumers may miss them."
    ),
    "max.compaction.lag.ms": _less_is_stricter(
        "Old values of a key go sooner: slow consumers may miss them."
    ),
    "local.retention.ms": _less_is_stricter("Older records are read from remote storage, more slowly."),
    "local.retention.bytes": _less_is_stricter("Older records are read from remote storage, more slowly."),
}
