"""Deleting a topic in two steps: first nobody writes any more, days later it goes.

Where the cluster has an authorizer, a binding that denies every write is the first step. Where it has none,
the time without writes alone counts, from the first plan that wants the topic gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dataops.evidence.units import duration
from dataops.inventory.duration import format_duration
from dataops.kafka import names
from dataops.kafka.changes import Cause, DeleteTopic, QuarantineTopic, Risk
from dataops.kafka.desired import quarantine
from dataops.kafka.memory import Memory
from dataops.kafka.observed import Capability, Stake
from dataops.kafka.planning.situation import Assessment, Situation
from dataops.kafka.planning.words import at_stake, groups, moment

_FINAL = "Irreversible: records, and the offsets of its consumers, do not come back."


def deletion(situation: Situation, memory: Memory) -> None:
    """Adds the next step of deleting the topic, or why it is not taken."""
    if _forbidden(situation):
        return
    stake = situation.stake()
    acl, acls = quarantine(situation.topic.name), situation.observed.acls
    can_deny = situation.observed.ability(Capability.ACLS).supported and acls is not None
    if can_deny and acls is not None and acl not in acls:
        _quarantine(situation, stake)
        return
    quiet, wanted = _quiet_for(situation, stake, memory), situation.cluster.deletion.quarantine
    if quiet < wanted:
        _wait(situation, stake, quiet)
        return
    action = DeleteTopic(situation.topic.name, situation.there.topic_id, (acl,) if can_deny else ())
    situation.settle(action, _risk(situation, stake), field="state", value="absent")


def _forbidden(situation: Situation) -> bool:
    topic, cluster = situation.topic, situation.cluster
    if topic.protected or names.matches(topic.name, cluster.protected):
        situation.refuse("state", "The topic is protected.", "Take the protection off first.")
        return True
    if not cluster.deletion.enabled:
        situation.refuse(
            "state",
            f"Deleting topics is off for the cluster {cluster.name}.",
            "Write `deletion: {enabled: true}` into cluster.yaml, or take the topic out of the file.",
        )
        return True
    return False


def _quarantine(situation: Situation, stake: Stake | None) -> None:
    wanted = format_duration(situation.cluster.deletion.quarantine)
    last = (
        f"; the last write was {moment(stake.last_write, situation.now)}"
        if stake and stake.last_write
        else ""
    )
    reason = f"First step of deleting it: every writer is cut off{last}. It is deleted after {wanted}."
    action = QuarantineTopic(situation.topic.name, situation.there.topic_id, quarantine(situation.topic.name))
    found = Assessment(Risk.DISRUPTIVE, reason, "Declare it `state: present`: writers come back.")
    situation.settle(action, found, field="state", value="absent")


def _quiet_for(situation: Situation, stake: Stake | None, memory: Memory) -> timedelta:
    """How long nothing was written, by offsets: timestamps are the producers' own and may be of any time."""
    if stake is None or stake.written is None:
        return timedelta()
    if stake.written == 0:
        return timedelta.max
    written, since = memory.quiet.get(situation.topic.name, (-1, ""))
    return situation.now - datetime.fromisoformat(since) if written == stake.written else timedelta()


def _wait(situation: Situation, stake: Stake | None, quiet: timedelta) -> None:
    if stake is None:
        return
    left = duration((situation.cluster.deletion.quarantine - quiet).total_seconds())
    message = f"It has been without a write for {duration(quiet.total_seconds())}: it is deleted in {left}."
    if stake.written is None:
        message = "How much was ever written to it could not be read: it is not deleted before that is known."
    situation.notice(Cause.AWAITING_DELETION, "state", message, "Wait, or declare it `state: present`.")


def _risk(situation: Situation, stake: Stake | None) -> Assessment:
    """What holds data, or has consumers, is deleted only if that is acknowledged too."""
    if stake is not None and stake.messages == 0 and stake.groups == ():
        return Assessment(Risk.DESTRUCTIVE, "The topic holds no records and has no consumers.", _FINAL)
    active = [each.group for each in (stake.groups or ()) if each.members] if stake is not None else []
    if active:
        return Assessment(
            Risk.DESTRUCTIVE, f"Consumers are still at work: {groups(stake) if stake else ''}.", _FINAL, True
        )
    lost = at_stake(stake, situation.now) or "nobody knows what it holds"
    return Assessment(Risk.DESTRUCTIVE, f"Everything in the topic is lost: {lost}.", _FINAL, True)
