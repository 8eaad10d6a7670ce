"""Consumer groups that read given topics: what they have committed, and who is a member now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dataops.kafka.cluster.configs import batches
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.metadata import live_brokers
from dataops.kafka.cluster.offsets import Place
from dataops.kafka.cluster.wire import Wire, check, word

AT_ONCE = 500
"""Groups a request."""

IDLE = {"EMPTY", "DEAD"}


@dataclass(frozen=True, slots=True)
class Group:
    """``offsets``: committed, on the topics that were asked about. ``members``: how many, topic by topic."""

    id: str
    state: str
    offsets: Mapping[Place, int] = field(default_factory=dict)
    members: Mapping[str, int] = field(default_factory=dict)

    def reads(self, topic: str) -> bool:
        """Whether the group has committed on the topic or has a member that reads it."""
        return topic in self.members or any(place[0] == topic for place in self.offsets)


def read_groups(session: Session, topics: Collection[str]) -> tuple[list[Group], list[str]]:
    """The groups that read one of the topics, and in a sentence each what could not be read.

    Every broker lists the groups that it coordinates, so offsets are asked of the same broker, many groups
    in one request. Raises ``NotAllowed`` or ``Unsupported`` where groups cannot be listed at all.
    """
    wire, unknown = session.wire, []
    states: dict[str, str] = {}
    committed: dict[str, dict[Place, int]] = {}
    for node in live_brokers(wire):
        listed = _list(wire, node)
        states |= listed
        for names in batches(sorted(listed), AT_ONCE):
            found, trouble = _offsets(wire, node, names, set(topics))
            committed |= found
            unknown += trouble
    active = [name for name, state in states.items() if state.upper() not in IDLE]
    members, trouble = _members(session, active, set(topics))
    groups = [
        Group(name, state, committed.get(name, {}), members.get(name, {}))
        for name, state in sorted(states.items())
        if committed.get(name) or members.get(name)
    ]
    return groups, unknown + trouble


def _list(wire: Wire, node: int) -> dict[str, str]:
    from kafka.protocol.admin import ListGroupsRequest

    answer = wire.read(lambda: ListGroupsRequest(states_filter=[], types_filter=[]), node=node)
    check(answer.error_code, "list the consumer groups")
    return {
        each.group_id: getattr(each, "group_state", "") or "UNKNOWN"
        for each in answer.groups
        if each.protocol_type in {"consumer", ""}
    }


def _offsets(
    wire: Wire, node: int, names: list[str], topics: set[str]
) -> tuple[dict[str, dict[Place, int]], list[str]]:
    from kafka.protocol.consumer import OffsetFetchRequest

    Wanted = OffsetFetchRequest.OffsetFetchRequestGroup

    def many() -> Any:
        groups = [Wanted(group_id=name, topics=None) for name in names]
        return OffsetFetchRequest(groups=groups, min_version=8, max_version=8)

    def one(name: str) -> Any:
        return OffsetFetchRequest(group_id=name, topics=None, min_version=2, max_version=7)

    if wire.knows(OffsetFetchRequest, version=8):
        answers = [(each.group_id, each) for each in wire.read(many, node=node).groups]
    else:
        answers = [(name, wire.read(partial(one, name), node=node)) for name in names]
    found, unknown = {}, []
    for name, each in answers:
        if each.error_code:
            unknown.append(f"The offsets of group {name} could not be read ({word(each.error_code)}).")
            continue
        found[name] = {
            (topic.name, partition.partition_index): partition.committed_offset
            for topic in each.topics
            if topic.name in topics
            for partition in topic.partitions
            if partition.committed_offset >= 0
        }
    return found, unknown


def _members(
    session: Session, names: list[str], topics: set[str]
) -> tuple[dict[str, dict[str, int]], list[str]]:
    """How many members of each group read each of the topics."""
    from confluent_kafka import KafkaException

    if not names:
        return {}, []
    found: dict[str, dict[str, int]] = {}
    unknown = []
    for name, future in session.admin.describe_consumer_groups(names, request_timeout=30).items():
        try:
            description = future.result(35)
        except (KafkaException, TimeoutError) as error:
            unknown.append(f"The members of group {name} could not be read ({_said(error)}).")
            continue
        for member in description.members:
            assigned = {each.topic for each in member.assignment.topic_partitions} & topics
            for topic in assigned:
                of_group = found.setdefault(name, {})
                of_group[topic] = of_group.get(topic, 0) + 1
    return found, unknown


def _said(error: BaseException) -> str:
    return str(error.args[0].name()) if error.args and hasattr(error.args[0], "name") else "no answer"
