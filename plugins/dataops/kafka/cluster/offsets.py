"""First and last offsets and times of partitions, a request a leader and question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dataops.kafka.cluster.metadata import read_metadata
from dataops.kafka.cluster.wire import Wire, word
from dataops.kafka.observed import ObservedTopic

Place = tuple[str, int]
"""A topic and the index of one of its partitions."""

END, FIRST, NEWEST, FROM_1970 = -1, -2, -3, 0
"""What ListOffsets is asked: an end, or the first record from this time on (ListOffsetsRequest.json)."""

PATIENCE = 5.0
"""Seconds for a leader to be found, which moves or has just been elected."""

_LEADERLESS = "LEADER_NOT_AVAILABLE"
_PASSING = {"NOT_LEADER_FOR_PARTITION", "NOT_LEADER_OR_FOLLOWER", "UNKNOWN_TOPIC_OR_PARTITION", _LEADERLESS}

Answers = dict[Place, tuple[int, int] | str]
"""Offset and time in milliseconds (-1 for none) of each partition, or why not."""


@dataclass(frozen=True, slots=True)
class Offsets:
    """``first`` and ``end`` offsets; times of the oldest record and of the newest by its own timestamp.

    Times are those which producers put into the records, unless the topic says LogAppendTime. A partition
    whose number could not be read is in ``unknown`` with the reason, and in none of the others.
    """

    first: Mapping[Place, int] = field(default_factory=dict)
    end: Mapping[Place, int] = field(default_factory=dict)
    oldest: Mapping[Place, datetime] = field(default_factory=dict)
    newest: Mapping[Place, datetime] = field(default_factory=dict)
    unknown: Mapping[Place, str] = field(default_factory=dict)


def read_ends(wire: Wire, topics: Iterable[ObservedTopic]) -> tuple[dict[Place, int], dict[Place, str]]:
    """Only the end offsets, and why some could not be read."""
    answers = _ask(wire, topics, END)
    return (
        {place: answer[0] for place, answer in answers.items() if not isinstance(answer, str)},
        {place: answer for place, answer in answers.items() if isinstance(answer, str)},
    )


def read_offsets(wire: Wire, topics: Iterable[ObservedTopic]) -> Offsets:
    """All of it."""
    wanted = list(topics)
    first, end, oldest, newest = (
        _ask(wire, wanted, question) for question in (FIRST, END, FROM_1970, NEWEST)
    )
    unknown = {
        place: answer
        for answers in (newest, oldest, end, first)
        for place, answer in answers.items()
        if isinstance(answer, str)
    }
    return Offsets(
        _picked(first, lambda answer: answer[0]),
        _picked(end, lambda answer: answer[0]),
        _picked(oldest, lambda answer: _moment(answer[1])),
        _picked(newest, lambda answer: _moment(answer[1])),
        unknown,
    )


def _picked(answers: Answers, pick: Callable[[tuple[int, int]], Any]) -> dict[Place, Any]:
    found = {place: pick(answer) for place, answer in answers.items() if not isinstance(answer, str)}
    return {place: value for place, value in found.items() if value is not None}


def _ask(wire: Wire, topics: Iterable[ObservedTopic], question: int) -> Answers:
    """Asked of the leaders that the topics name; of new ones where those have moved meanwhile."""
    leaders = _leaders(topics)
    found: Answers = {}
    deadline = time.monotonic() + PATIENCE
    while True:
        for node, places in _by_leader(leaders).items():
            found |= _of_leader(wire, node, places, question)
        passing = [place for place in leaders if found[place] in _PASSING]
        if not passing or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
        now = read_metadata(wire, {topic for topic, _ in passing}).topics
        known = _leaders(now.values())
        leaders = {place: known.get(place) for place in passing}


def _leaders(topics: Iterable[ObservedTopic]) -> dict[Place, int | None]:
    return {(topic.name, each.index): each.leader for topic in topics for each in topic.partitions}


def _by_leader(leaders: Mapping[Place, int | None]) -> dict[int | None, list[Place]]:
    nodes: dict[int | None, list[Place]] = {}
    for place, leader in leaders.items():
        nodes.setdefault(leader, []).append(place)
    return nodes


def _of_leader(wire: Wire, node: int | None, places: list[Place], question: int) -> Answers:
    if node is None:
        return dict.fromkeys(places, _LEADERLESS)
    answer = wire.read(partial(_request, places, question), node=node)
    found: Answers = dict.fromkeys(places, "the broker did not say")
    for topic in answer.topics:
        for each in topic.partitions:
            code = each.error_code
            found[topic.name, each.partition_index] = word(code) if code else (each.offset, each.timestamp)
    return found


def _request(places: list[Place], question: int) -> Any:
    from kafka.protocol.consumer import ListOffsetsRequest

    Topic = ListOffsetsRequest.ListOffsetsTopic
    by_topic: dict[str, list[int]] = {}
    for topic, index in places:
        by_topic.setdefault(topic, []).append(index)
    return ListOffsetsRequest(
        replica_id=-1,
        isolation_level=0,
        topics=[
            Topic(
                name=name,
                partitions=[
                    Topic.ListOffsetsPartition(
                        partition_index=index, current_leader_epoch=-1, timestamp=question
                    )
                    for index in indexes
                ],
            )
            for name, indexes in by_topic.items()
        ],
        timeout_ms=20_000,
        min_version=7 if question == NEWEST else 1,
    )


def _moment(milliseconds: int) -> datetime | None:
    if milliseconds < 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):  # a producer may write any number
        return None
