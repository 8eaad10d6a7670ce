"""A sample of a topic's newest records: how large batches are, and whether records have keys.

``max.message.bytes`` must not go below the former; compaction refuses records without a key.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from dataops.kafka.cluster.offsets import Offsets
from dataops.kafka.cluster.wire import Wire, word
from dataops.kafka.observed import ObservedTopic

NEWEST = 500
"""How many of the newest offsets of each partition are looked at."""

MOST_BYTES = 1 << 20
"""And at most so many bytes of each; the first batch is always whole (KIP-74)."""

_HEAD = struct.Struct(">qi")
"""A batch begins with its first offset and the length of what follows (Kafka's message format v2)."""


@dataclass
class Sample:
    """``largest``: bytes of the largest batch; ``without_key`` of so many ``records``: None if unknown."""

    largest: int = 0
    records: int | None = 0
    without_key: int | None = 0

    def add(self, batches: bytes, start: int) -> None:
        """What one partition answered; of its records those from ``start`` on count."""
        self.largest = max(self.largest, *batch_sizes(batches), 0)
        if self.records is None or self.without_key is None:
            return
        from kafka.errors import CorruptRecordError, UnsupportedCodecError

        try:
            keys = list(_keys(batches, start))
        except (CorruptRecordError, UnsupportedCodecError):
            self.records = self.without_key = None
            return
        self.records += len(keys)
        self.without_key += keys.count(None)


def read_samples(
    wire: Wire, topics: Mapping[str, ObservedTopic], offsets: Offsets
) -> tuple[dict[str, Sample], list[str]]:
    """A sample of each topic, and why some are unknown. One request a broker.

    Older batches may be larger, and older records may lack keys.
    """
    found = {name: Sample() for name in topics}
    unknown: dict[str, str] = {}
    for node, wanted in _by_leader(topics, offsets).items():
        starts = {(name, index): start for name, places in wanted.items() for index, start in places}
        answer = wire.read(partial(_request, wanted), node=node)
        for topic in answer.responses:
            for partition in topic.partitions:
                if partition.error_code:
                    unknown[topic.topic] = word(partition.error_code)
                    continue
                start = starts[topic.topic, partition.partition_index]
                found[topic.topic].add(bytes(partition.records or b""), start)
    for name in unknown:
        found.pop(name)
    told = [
        f"The newest records of {name} could not be read ({reason}): its largest batch and whether all "
        "records have keys are unknown."
        for name, reason in sorted(unknown.items())
    ]
    told += [
        f"The newest records of {name} are compressed in a way that we cannot undo: whether they have keys "
        "is unknown."
        for name, sample in sorted(found.items())
        if sample.records is None
    ]
    return found, told


def batch_sizes(records: bytes) -> Iterator[int]:
    """Bytes of each batch in an answer, the last of which may be cut off."""
    position = 0
    while position + _HEAD.size <= len(records):
        _, length = _HEAD.unpack_from(records, position)
        yield _HEAD.size + length
        position += _HEAD.size + length


def _keys(records: bytes, start: int) -> Iterator[bytes | None]:
    """The keys of whole batches, without the marks of transactions."""
    from kafka.record import MemoryRecords

    batches = MemoryRecords(records)
    while batches.has_next():
        batch = batches.next_batch()
        if not getattr(batch, "is_control_batch", False):
            yield from (record.key for record in batch if record.offset >= start)


def _by_leader(
    topics: Mapping[str, ObservedTopic], offsets: Offsets
) -> dict[int, dict[str, list[tuple[int, int]]]]:
    """Of each broker: topics, their partitions that are not empty, and where to begin."""
    wanted: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for name, topic in topics.items():
        for each in topic.partitions:
            first, end = offsets.first.get((name, each.index), 0), offsets.end.get((name, each.index), 0)
            if each.leader is not None and end > first:
                start = max(first, end - NEWEST)
                wanted.setdefault(each.leader, {}).setdefault(name, []).append((each.index, start))
    return wanted


def _request(wanted: Mapping[str, list[tuple[int, int]]]) -> Any:
    from kafka.protocol.consumer import FetchRequest

    Topic = FetchRequest.FetchTopic
    return FetchRequest(
        replica_id=-1,
        max_wait_ms=500,
        min_bytes=1,
        max_bytes=50 * MOST_BYTES,
        isolation_level=0,
        session_id=0,
        session_epoch=-1,
        topics=[
            Topic(
                topic=name,
                partitions=[
                    Topic.FetchPartition(
                        partition=index,
                        fetch_offset=start,
                        log_start_offset=-1,
                        partition_max_bytes=MOST_BYTES,
                    )
                    for index, start in places
                ],
            )
            for name, places in wanted.items()
        ],
        forgotten_topics_data=[],
        rack_id="",
        max_version=12,
    )
