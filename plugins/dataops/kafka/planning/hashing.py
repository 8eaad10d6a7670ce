"""The hash of a part of a plan: the same as long as the same changes would be made to the same state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

from dataops.kafka.changes import AddPartitions, Change, SetConfig, UnsetConfig
from dataops.kafka.desired import Desired
from dataops.kafka.observed import ObservedCluster


def part_hash(
    changes: Sequence[Change],
    desired: Desired,
    observed: ObservedCluster,
    git_commit: str,
    *,
    after: Sequence[Change] = (),
) -> str:
    """SHA-256 over cluster id, commit, declared state, the state and ids of what is changed, and the changes.

    ``after`` are changes that are applied before these: the state is the one that they leave behind. Numbers
    at stake, leaders and replicas in sync are left out, since they change all the time.
    """
    if not changes:
        return ""
    topics = sorted({change.topic for change in changes if change.topic is not None})
    parts = [
        [observed.cluster_id, git_commit, desired.fingerprint],
        [[asdict(change.action), change.risk, change.acknowledged] for change in changes],
        [_state(name, observed, after) for name in topics],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _state(name: str, observed: ObservedCluster, after: Sequence[Change]) -> object:
    topic = observed.topics.get(name)
    if topic is None:
        return [name]
    configs, partitions = dict(topic.configs), len(topic.partitions)
    for change in after:
        match change.action:
            case SetConfig(topic=changed, key=key, after=value) if changed == name:
                configs[key] = value
            case UnsetConfig(topic=changed, key=key) if changed == name:
                configs.pop(key, None)
            case AddPartitions(topic=changed, after=count) if changed == name:
                partitions = count
    return [name, topic.topic_id, partitions, topic.replication_factor, sorted(configs.items())]
