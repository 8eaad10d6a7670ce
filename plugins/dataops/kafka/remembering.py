"""What runs remember from one to the next: kept in the store beside the evidence, named by its hash."""

from __future__ import annotations

import hashlib
import heapq
from itertools import islice

from pydantic import ValidationError

from dataops.errors import DataOpsError
from dataops.evidence import listing
from dataops.evidence.verdict import Artifact
from dataops.kafka.memory import Memory, memory_from_json
from dataops.store import ObjectStore

TOPICS, DRIFT = "kafka_topics", "kafka_drift"
"""The capabilities under which runs on a cluster leave evidence."""

LOOK_BACK = 100
"""Runs among which the last one is looked for that could read the cluster."""


class MemoryChanged(DataOpsError):
    """What the last evidence names is not what the store holds."""


def recall(store: ObjectStore, cluster: str) -> Memory:
    """What the last run that could read this cluster remembered; an empty memory where there was none.

    Raises ``MemoryChanged`` where the store holds other bytes than the evidence names.
    """
    chains = [listing.records(store, capability, cluster) for capability in (TOPICS, DRIFT)]
    newest = heapq.merge(*chains, key=lambda link: link.started, reverse=True)
    for link in islice(newest, LOOK_BACK):
        for artifact in listing.show(store, link.key).artifacts:
            if artifact.key.startswith(_folder(cluster)):
                return _read(store, artifact)
    return Memory()


def keep(store: ObjectStore, cluster: str, memory: Memory) -> Artifact:
    """The memory in the store. A night on which nothing changed adds no object."""
    body = memory.to_json()
    digest = hashlib.sha256(body).hexdigest()
    key = f"{_folder(cluster)}{digest}.json"
    if not store.exists(key):
        store.put(key, body)
    return Artifact(key=key, size=len(body), sha256=digest)


def _folder(cluster: str) -> str:
    return f"kafka/{cluster}/memory/"


def _read(store: ObjectStore, artifact: Artifact) -> Memory:
    body = store.get(artifact.key)
    if hashlib.sha256(body).hexdigest() == artifact.sha256:
        try:
            return memory_from_json(body)
        except ValidationError:
            pass
    raise MemoryChanged(
        f"{artifact.key} is not what the last evidence names: somebody changed it. Bring back its earlier "
        "version, then run again."
    )
