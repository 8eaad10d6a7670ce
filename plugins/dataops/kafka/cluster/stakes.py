"""What is at stake on the topics that a plan would change dangerously, read only for those."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.errors import NotAllowed, Unsupported
from dataops.kafka.cluster.groups import Group, read_groups
from dataops.kafka.cluster.metadata import live_brokers
from dataops.kafka.cluster.newest_records import Sample, read_samples
from dataops.kafka.cluster.offsets import Offsets, Place, read_offsets
from dataops.kafka.cluster.wire import Wire, check
from dataops.kafka.observed import GroupLag, ObservedTopic, Stake


@dataclass
class _Numbers:
    offsets: Offsets
    sizes: dict[Place, dict[int, int]] | None = None
    groups: list[Group] | None = None
    samples: dict[str, Sample] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def read_stakes(
    session: Session,
    topics: Mapping[str, ObservedTopic],
    names: Collection[str],
    *,
    sample: bool = True,
) -> dict[str, Stake]:
    """The numbers of these topics as they are now; what could not be read is told, never guessed.

    A number of requests that depends on brokers and batches of groups, not on topics. ``sample``: also read
    some of the newest records, for the largest batch and for records without a key.
    """
    wanted = {name: topics[name] for name in names if name in topics}
    if not wanted:
        return {}
    numbers = _Numbers(read_offsets(session.wire, wanted.values()))
    try:
        numbers.sizes = read_sizes(session.wire, wanted)
    except (NotAllowed, Unsupported) as error:
        numbers.unknown.append(str(error))
    try:
        numbers.groups, trouble = read_groups(session, wanted)
        numbers.unknown += trouble
    except (NotAllowed, Unsupported) as error:
        numbers.unknown.append(str(error))
    if sample:
        numbers.samples, trouble = read_samples(session.wire, wanted, numbers.offsets)
        numbers.unknown += trouble
    return {name: _stake(topic, numbers) for name, topic in wanted.items()}


def read_sizes(wire: Wire, topics: Mapping[str, ObservedTopic]) -> dict[Place, dict[int, int]]:
    """Bytes of each replica: partition, then broker. One request a broker."""
    from kafka.protocol.admin import DescribeLogDirsRequest

    Wanted = DescribeLogDirsRequest.DescribableLogDirTopic
    found: dict[Place, dict[int, int]] = {}
    for node in live_brokers(wire):
        answer = wire.read(
            lambda: DescribeLogDirsRequest(
                topics=[
                    Wanted(topic=name, partitions=[each.index for each in topic.partitions])
                    for name, topic in topics.items()
                ]
            ),
            node=node,
        )
        check(getattr(answer, "error_code", 0) or 0, f"read the log directories of broker {node}")
        for directory in answer.results:
            check(directory.error_code, f"read the log directory {directory.log_dir} of broker {node}")
            for topic in directory.topics:
                for each in topic.partitions:
                    if not each.is_future_key:
                        place = (topic.name, each.partition_index)
                        found.setdefault(place, {})[node] = each.partition_size
    return found


def _stake(topic: ObservedTopic, numbers: _Numbers) -> Stake:
    offsets, name = numbers.offsets, topic.name
    places = [(name, each.index) for each in topic.partitions]
    unknown = list(numbers.unknown)
    if failed := [place for place in places if place in offsets.unknown]:
        reasons = sorted({offsets.unknown[place] for place in failed})
        unknown.append(
            f"The offsets of {len(failed)} of {len(places)} partitions could not be read "
            f"({', '.join(reasons)})."
        )
    known = all(place in offsets.first and place in offsets.end for place in places)
    sample = numbers.samples.get(name)
    return Stake(
        messages=sum(offsets.end[place] - offsets.first[place] for place in places) if known else None,
        written=sum(offsets.end[place] for place in places) if known else None,
        bytes=_bytes(topic, numbers, unknown),
        oldest=min((offsets.oldest[place] for place in places if place in offsets.oldest), default=None),
        last_write=max((offsets.newest[place] for place in places if place in offsets.newest), default=None),
        groups=None if numbers.groups is None else _lags(name, numbers.groups, offsets),
        largest_batch=sample.largest if sample else None,
        sampled=sample.records if sample else None,
        null_keys=sample.without_key if sample else None,
        unknown=tuple(unknown),
    )


def _bytes(topic: ObservedTopic, numbers: _Numbers, unknown: list[str]) -> int | None:
    """Of the leader's replica, or the largest where the leader's is not told."""
    if numbers.sizes is None:
        return None
    total = 0
    for each in topic.partitions:
        replicas = numbers.sizes.get((topic.name, each.index))
        if not replicas:
            unknown.append(f"No broker told the size of partition {each.index}.")
            return None
        total += replicas.get(-1 if each.leader is None else each.leader, max(replicas.values()))
    return total


def _lags(topic: str, groups: list[Group], offsets: Offsets) -> tuple[GroupLag, ...]:
    found = []
    for group in groups:
        if not group.reads(topic):
            continue
        committed = {place: offset for place, offset in group.offsets.items() if place[0] == topic}
        known = bool(committed) and all(place in offsets.end for place in committed)
        lag = sum(max(0, offsets.end[place] - offset) for place, offset in committed.items())
        found.append(GroupLag(group.id, group.state, group.members.get(topic, 0), lag if known else None))
    return tuple(found)
