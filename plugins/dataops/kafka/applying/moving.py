"""Moving replicas to other brokers under a throttle that is always taken away again.

As Kafka's own kafka-reassign-partitions does it: rates on the brokers, the moving replicas on the topics, the
reassignment, waiting, then both settings removed. The journal knows the throttles before they are set.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataops.kafka.applying.answer import LOST, Answer, answered, ask
from dataops.kafka.applying.journal import Journal, Throttles
from dataops.kafka.applying.present import Present
from dataops.kafka.applying.topics import change_configs
from dataops.kafka.changes import Reassign
from dataops.kafka.cluster.configs import BROKER, TOPIC, read_broker_configs
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.observing import read_moves

log = logging.getLogger(__name__)

RATES = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")
LEADERS, FOLLOWERS = "leader.replication.throttled.replicas", "follower.replication.throttled.replicas"

DYNAMIC_BROKER = 2
"""A config that was set for this one broker (DescribeConfigsResponse.ConfigSource)."""


@dataclass(frozen=True)
class Move:
    """How a reassignment is watched: for how long, and that the lease is still ours."""

    journal: Journal
    patience: float
    still_ours: Callable[[], None]
    pause: float = 0.5


def reassign(session: Session, actions: Sequence[Reassign], present: Present, move: Move) -> list[Answer]:
    """The replicas, moved and in sync on their new brokers, and the throttle gone.

    A move that takes longer than our patience is left in progress with its throttle: its outcome is unknown,
    and the next run waits on.
    """
    if trouble := _throttle(session, actions, present, move.journal):
        return [trouble] * len(actions)
    answers = _start(session, actions, present)
    waiting = {each.topic for each, answer in zip(actions, answers, strict=True) if answer.taken}
    left = _wait(session, waiting, move)
    if not left:
        clear_throttles(session, move.journal)
    return [
        Answer(LOST, "the replicas are still moving; run again to wait on, the throttle stays until then")
        if each.topic in left
        else answer
        for each, answer in zip(actions, answers, strict=True)
    ]


def clear_throttles(session: Session, journal: Journal) -> str:
    """What the journal says was throttled is so no longer; a sentence where that could not be done."""
    throttles = journal.entry.throttles
    if not throttles:
        return ""
    if moving := {topic for topic, _ in read_moves(session.wire)} & set(throttles.topics):
        return f"The throttle of {', '.join(sorted(moving))} stays, since replicas are still moving."
    troubles = []
    operations = {(TOPIC, name): {LEADERS: None, FOLLOWERS: None} for name in throttles.topics}
    for (_, name), answer in change_configs(session, operations, None).items() if operations else ():
        if not answer.taken and answer.code != "UNKNOWN_TOPIC_OR_PARTITION":
            troubles.append(f"{name}: {answer.reason}")
    for node, before in throttles.brokers.items():
        answer = _set_rates(session, int(node), before)
        if not answer.taken:
            troubles.append(f"broker {node}: {answer.reason}")
    if troubles:
        return f"The throttle could not be removed ({'; '.join(troubles)}): run again."
    journal.throttled(Throttles())
    return ""


def _throttle(
    session: Session, actions: Sequence[Reassign], present: Present, journal: Journal
) -> Answer | None:
    """Rates on the brokers and the moving replicas on the topics; the journal first. Why not, else None."""
    rates = [each.throttle for each in actions if each.throttle is not None]
    throttled = [each for each in actions if each.throttle is not None]
    if not rates:
        return None
    known = journal.entry.throttles
    nodes = {
        broker
        for each in throttled
        for replicas in (*each.before.values(), *each.after.values())
        for broker in replicas
    }
    brokers = {str(node): known.brokers.get(str(node)) or _rates(session, node) for node in sorted(nodes)}
    journal.throttled(
        Throttles(sorted({*known.topics, *(each.topic for each in throttled)}), {**known.brokers, **brokers})
    )
    for node in sorted(nodes):
        answer = _set_rates(session, node, dict.fromkeys(RATES, str(min(rates))))
        if not answer.taken:
            return answer
    operations = {(TOPIC, each.topic): _moving_replicas(each) for each in throttled}
    answers = change_configs(session, operations, present.controller)
    return next((answer for answer in answers.values() if not answer.taken), None)


def _moving_replicas(action: Reassign) -> dict[str, str | None]:
    """Who sends and who receives, as ``partition:broker``."""
    sending = [f"{index}:{broker}" for index in action.after for broker in action.before.get(index, ())]
    receiving = [
        f"{index}:{broker}"
        for index, replicas in action.after.items()
        for broker in replicas
        if broker not in action.before.get(index, ())
    ]
    return {LEADERS: ",".join(sending) or None, FOLLOWERS: ",".join(receiving) or None}


def _rates(session: Session, node: int) -> dict[str, str | None]:
    configs = read_broker_configs(session.wire, node)
    return {
        name: value if source == DYNAMIC_BROKER else None
        for name in RATES
        for value, source in [configs.get(name, (None, 0))]
    }


def _set_rates(session: Session, node: int, rates: dict[str, str | None]) -> Answer:
    """Asked of the broker itself; of any other where it is away, since a KRaft controller takes it too."""
    target = {(BROKER, str(node)): rates}
    answer = change_configs(session, target, node)[BROKER, str(node)]
    if answer.is_unknown:
        answer = change_configs(session, target, None)[BROKER, str(node)]
    return answer


def _start(session: Session, actions: Sequence[Reassign], present: Present) -> list[Answer]:
    from kafka.protocol.admin import AlterPartitionReassignmentsRequest

    Topic = AlterPartitionReassignmentsRequest.ReassignableTopic
    request = AlterPartitionReassignmentsRequest(
        timeout_ms=25_000,
        topics=[
            Topic(
                name=each.topic,
                partitions=[
                    Topic.ReassignablePartition(partition_index=index, replicas=list(replicas))
                    for index, replicas in each.after.items()
                ],
            )
            for each in actions
        ],
    )
    response = ask(session, request, present.controller)
    if isinstance(response, Answer):
        return [response] * len(actions)
    if response.error_code:
        return [answered(response.error_code, response.error_message)] * len(actions)
    found: dict[str, Answer] = {}
    for topic in response.responses:
        for each in topic.partitions:
            answer = answered(each.error_code, each.error_message)
            if not answer.taken or topic.name not in found:
                found[topic.name] = answer
    return [found.get(each.topic, Answer(LOST)) for each in actions]


def _wait(session: Session, topics: set[str], move: Move) -> set[str]:
    """The topics whose replicas still move when patience ends."""
    deadline = time.monotonic() + move.patience
    said = -1
    while topics:
        move.still_ours()
        moves = [place for place in read_moves(session.wire) if place[0] in topics]
        if not moves:
            return set()
        if len(moves) != said:
            said = len(moves)
            log.info("kafka: %d partitions of %d topics are still moving", said, len(topics))
        if time.monotonic() > deadline:
            return {topic for topic, _ in moves}
        time.sleep(move.pause)
    return set()
