"""What a plan notices beside its changes: nothing of it is changed."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.kafka.changes import Cause, Finding
from dataops.kafka.desired import THROTTLES, Desired
from dataops.kafka.memory import Memory
from dataops.kafka.observed import ObservedCluster


def notices(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    """Topics that vanished from the files, were recreated, are moving, or were left with a throttle."""
    yield from _vanished(desired, observed, memory)
    for name, topic in desired.topics.items():
        there = observed.topics.get(name)
        if there is None:
            continue
        resource, source = f"topic {name}", str(topic.source)
        before = memory.topic_ids.get(name)
        if before is not None and before != there.topic_id:
            yield Finding(
                Cause.RECREATED_TOPIC,
                resource,
                "topic_id",
                "Somebody deleted the topic and created it again: its records and offsets are other ones.",
                "Find out who, and whether its consumers began anew.",
                before,
                there.topic_id,
                source,
            )
        if there.reassigning:
            yield Finding(
                Cause.REASSIGNMENT_IN_PROGRESS,
                resource,
                "replicas",
                "Replicas of the topic are moving.",
                "Wait until they have moved.",
                source=source,
            )
        left = sorted(THROTTLES & there.configs.keys() - topic.configs.keys())
        if left and not there.reassigning:
            yield Finding(
                Cause.THROTTLE_LEFT_BEHIND,
                resource,
                left[0],
                "Replication of the topic is throttled though nothing moves: a reassignment ended badly.",
                f"Take the config{'s' * (len(left) > 1)} off: {', '.join(left)}.",
                source=source,
            )


def _vanished(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    for name in sorted(memory.topic_ids.keys() - desired.topics.keys()):
        if name in observed.topics:
            yield Finding(
                Cause.VANISHED_DECLARATION,
                f"topic {name}",
                "state",
                "No file declares the topic any more. It stays as it is.",
                "Declare it again, with `state: absent` where it shall go.",
            )
