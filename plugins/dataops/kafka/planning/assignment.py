"""On which brokers replicas lie: as few moves as possible, spread evenly, each in a rack of its own if asked.

The same reading always gives the same assignment, so that a plan made again has the same hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dataops.kafka.observed import Broker, Partition


class CannotPlace(Exception):
    """There are too few brokers or racks; the message says which, as a sentence."""


def check_room(copies: int, brokers: Sequence[Broker], *, apart: bool) -> None:
    """Raises ``CannotPlace`` where so many copies have no room; ``apart``: each in a rack of its own."""
    if copies > len(brokers):
        raise CannotPlace(f"{copies} replicas need {copies} live brokers; there are {len(brokers)}.")
    if not apart:
        return
    without = sorted(each.id for each in brokers if each.rack is None)
    if without:
        raise CannotPlace(f"cross_rack needs a rack of every broker; these have none: {without}.")
    racks = {each.rack for each in brokers}
    if copies > len(racks):
        raise CannotPlace(
            f"{copies} replicas in racks of their own need {copies} racks; there are {len(racks)}."
        )


def fresh(
    count: int, copies: int, brokers: Sequence[Broker], *, apart: bool, beside: Iterable[Partition] = ()
) -> tuple[tuple[int, ...], ...]:
    """Replicas of so many new partitions, spread over the brokers, ``beside`` those that the topic has."""
    check_room(copies, brokers, apart=apart)
    load = _Load(brokers, (each.replicas for each in beside))
    return tuple(load.grown((), copies, apart=apart) for _ in range(count))


def moved(
    partitions: Sequence[Partition], copies: int, brokers: Sequence[Broker], *, apart: bool
) -> dict[int, tuple[int, ...]]:
    """The new replicas of each partition that must move; the leader stays where it can.

    Raises ``CannotPlace``; also where a replica's broker is down, or where fewer copies are wanted and too
    few of those that would stay are in sync. What is well placed stays, whatever broker is down.
    """
    load = _Load(brokers, (each.replicas for each in partitions))
    wrong = [each for each in partitions if not _well_placed(each, copies, load, apart=apart)]
    if wrong:
        check_room(copies, brokers, apart=apart)
    wanted: dict[int, tuple[int, ...]] = {}
    for partition in wrong:
        kept = _kept(partition, copies, load, apart=apart)
        target = load.grown(kept, copies, apart=apart)
        if set(target) != set(partition.replicas):
            wanted[partition.index] = target
    return wanted


class _Load:
    """How many replicas, and how many first ones, each broker has of a topic."""

    def __init__(self, brokers: Sequence[Broker], placed: Iterable[Sequence[int]]) -> None:
        self.racks = {each.id: each.rack for each in brokers}
        self.replicas: Counter[int] = Counter()
        self.leads: Counter[int] = Counter()
        for each in placed:
            self.replicas.update(each)
            self.leads.update(each[:1])

    def grown(self, kept: tuple[int, ...], copies: int, *, apart: bool) -> tuple[int, ...]:
        """These brokers and the least loaded others, up to so many."""
        chosen = list(kept)
        while len(chosen) < copies:
            taken = {self.racks.get(each) for each in chosen}
            count = self.leads if not chosen else self.replicas
            free = [each for each in self.racks if each not in chosen]
            elsewhere = [each for each in free if self.racks[each] not in taken]
            best = min(
                elsewhere if apart or elsewhere else free,
                key=lambda each: (count[each], self.replicas[each], each),
            )
            if not chosen:
                self.leads[best] += 1
            self.replicas[best] += 1
            chosen.append(best)
        return tuple(chosen)


def _well_placed(partition: Partition, copies: int, load: _Load, *, apart: bool) -> bool:
    racks = [load.racks[each] for each in partition.replicas if each in load.racks]
    return len(partition.replicas) == copies and not (apart and len(set(racks)) < len(racks))


def _kept(partition: Partition, copies: int, load: _Load, *, apart: bool) -> tuple[int, ...]:
    """The replicas that stay: the leader and those in sync first, one a rack where they shall be apart."""
    replicas = partition.replicas
    down = [each for each in replicas if each not in load.racks]
    if down:
        raise CannotPlace(
            f"Broker {down[0]}, which has partition {partition.index}, is down: wait until it is up."
        )
    order = sorted(
        replicas,
        key=lambda each: (each != partition.leader, each not in partition.in_sync, replicas.index(each)),
    )
    kept: list[int] = []
    racks: set[str | None] = set()
    for each in order:
        if len(kept) < copies and not (apart and load.racks[each] in racks):
            kept.append(each)
            racks.add(load.racks[each])
    if len(replicas) > copies and not set(kept) <= set(partition.in_sync):
        raise CannotPlace(
            f"Partition {partition.index} has too few replicas in sync to take one away: wait until it has."
        )
    return tuple(sorted(kept, key=replicas.index))
