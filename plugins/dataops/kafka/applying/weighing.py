"""Batches that one operation of the controller can take: KRaft allows 10,000 records and partitions.

Source: ReplicationControlManager.MAX_PARTITIONS_PER_BATCH and QuorumController.MAX_RECORDS_PER_USER_OP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dataops.kafka.changes import Action, AddPartitions, Change, CreateTopic, Reassign

HEAVIEST = 5_000
"""Half of what is allowed, so that a batch also leaves the controller free for others after some seconds."""

KINDS = (
    "set user",
    "create topic",
    "set config",
    "add partitions",
    "reassign",
    "add acl",
    "set quota",
    "quarantine topic",
    "remove acl",
    "remove user",
    "delete topic",
)
"""In which order kinds take turns where the plan leaves it open; what takes something away comes last."""


def weight(action: Action) -> int:
    """The records that the controller writes for it."""
    match action:
        case CreateTopic():
            return 1 + action.partitions + len(action.configs)
        case AddPartitions():
            return action.after - action.before
        case Reassign():
            return len(action.after)
        case _:
            return 1


def batches(changes: Sequence[Change], heaviest: int = HEAVIEST) -> Iterator[list[int]]:
    """Indexes of changes of one kind that may be sent together; each resource keeps the order of the plan.

    Setting and unsetting configs of one topic goes into one batch, since Kafka takes or refuses them
    together. A change that is heavier than the limit stands alone.
    """
    for kind, indexes in _turns(changes):
        batch: list[int] = []
        total = 0
        for group in _by_resource(changes, indexes) if kind == "set config" else ([each] for each in indexes):
            heavy = sum(weight(changes[index].action) for index in group)
            if batch and total + heavy > heaviest:
                yield batch
                batch, total = [], 0
            batch += group
            total += heavy
        if batch:
            yield batch


def _turns(changes: Sequence[Change]) -> Iterator[tuple[str, list[int]]]:
    """Round after round: of each resource its next changes of one kind, then kind by kind."""
    waiting: dict[str, list[int]] = {}
    for index, change in enumerate(changes):
        waiting.setdefault(change.resource, []).append(index)
    while waiting:
        turn: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for resource, indexes in list(waiting.items()):
            kind = _kind(changes[indexes[0]])
            count = next((n for n, each in enumerate(indexes) if _kind(changes[each]) != kind), len(indexes))
            turn[kind] += indexes[:count]
            waiting[resource] = indexes[count:]
            if not waiting[resource]:
                del waiting[resource]
        yield from ((kind, indexes) for kind, indexes in turn.items() if indexes)


def _by_resource(changes: Sequence[Change], indexes: Sequence[int]) -> Iterator[list[int]]:
    groups: dict[str, list[int]] = {}
    for index in indexes:
        groups.setdefault(changes[index].resource, []).append(index)
    yield from groups.values()


def _kind(change: Change) -> str:
    return "set config" if change.kind == "unset config" else change.kind
