"""How well a cluster is, as checks over one reading with its stakes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta

from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.kafka.desired import Cluster
from dataops.kafka.observed import GroupLag, ObservedCluster, ObservedTopic, Partition

MOST_OFF_PREFERRED = 0.10
"""Share of partitions led by another than their first replica; Kafka's own limit (leader.imbalance.per.broker
.percentage)."""

MOST_ABOVE_MEAN = 1.5
"""How many times the mean a broker may lead, counted over at least so many partitions a broker as below."""

ENOUGH_LEADERS = 10


def health(observed: ObservedCluster, cluster: Cluster, managed: Collection[str]) -> tuple[Check, ...]:
    """One check each: offline and under-replicated partitions, leaders, traffic, lag.

    The first three are about all topics, the last two about the managed ones, whose stakes must have been
    read: without them the check is inconclusive. ``not applicable`` says why.
    """
    topics = [observed.topics[name] for name in sorted(managed) if name in observed.topics]
    return (
        _partitions("offline partitions", observed, lambda each: each.leader is None, "have no leader"),
        _partitions("under-replicated partitions", observed, _is_short, "lack replicas in sync"),
        _leaders(observed),
        _traffic(observed, cluster, topics),
        _lag(observed, cluster, topics),
    )


def _is_short(partition: Partition) -> bool:
    """Replicas that a running reassignment adds need not be in sync yet."""
    wanted = set(partition.replicas) - set(partition.adding)
    return not wanted <= set(partition.in_sync)


def _partitions(name: str, observed: ObservedCluster, bad: Callable[[Partition], bool], what: str) -> Check:
    found = {
        topic.name: [each.index for each in topic.partitions if bad(each)]
        for topic in observed.topics.values()
    }
    parts = tuple(
        Part(
            name=topic,
            verdict=Verdict.FAILED,
            observed=f"partitions {_listed(indexes)} {what}",
            reason="see which broker is down or behind",
        )
        for topic, indexes in sorted(found.items())
        if indexes
    )
    total = sum(len(indexes) for indexes in found.values())
    return _check(name, "none", f"{total} partitions of {len(parts)} topics" if parts else "none", parts)


def _leaders(observed: ObservedCluster) -> Check:
    name, expected = (
        "leaders in balance",
        "at most 10 % of partitions led by another than their first replica",
    )
    partitions = [each for topic in observed.topics.values() for each in topic.partitions]
    led = [each for each in partitions if each.leader is not None]
    if len(observed.brokers) < 2 or not led:
        return _aside(name, expected, "one broker, or no partition")
    away = sum(each.leader != each.replicas[0] for each in led) / len(led)
    counts = {broker.id: sum(each.leader == broker.id for each in led) for broker in observed.brokers}
    mean = len(led) / len(counts)
    most = max(counts, key=lambda broker: counts[broker])
    parts = []
    if away > MOST_OFF_PREFERRED:
        parts.append(
            Part(
                name="preferred leaders",
                verdict=Verdict.FAILED,
                observed=f"{away:.0%} of partitions are led by another than their first replica",
                reason="elect the preferred leaders again (kafka-leader-election.sh)",
            )
        )
    if mean >= ENOUGH_LEADERS and counts[most] > MOST_ABOVE_MEAN * mean:
        parts.append(
            Part(
                name=f"broker {most}",
                verdict=Verdict.FAILED,
                observed=f"leads {counts[most]} partitions, the mean is {mean:.0f}",
                reason="spread the first replicas over the brokers",
            )
        )
    return _check(name, expected, f"{away:.0%} away from the first replica", tuple(parts))


def _traffic(observed: ObservedCluster, cluster: Cluster, topics: Sequence[ObservedTopic]) -> Check:
    name = "topics with traffic"
    expected = f"a record within {duration(cluster.idle_after.total_seconds())}"
    if not topics:
        return _aside(name, expected, "no managed topic")
    parts = [
        part for topic in topics for part in [_idle(topic, observed, cluster.idle_after)] if part is not None
    ]
    return _check(name, expected, f"{len(topics) - len(parts)} of {len(topics)} topics", parts)


def _idle(topic: ObservedTopic, observed: ObservedCluster, limit: timedelta) -> Part | None:
    """What is to be said of one topic; None while it has traffic.

    A topic that was never written to is not idle but unused: since when cannot be read. Nor can it where
    all records have expired sooner than the limit.
    """
    stake = observed.stakes.get(topic.name)
    if stake is None or stake.written is None:
        reason = "; ".join(stake.unknown) if stake else "its numbers were not read"
        return Part(name=topic.name, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if stake.last_write is not None:
        idle = observed.at - stake.last_write
        if idle <= limit:
            return None
        return Part(
            name=topic.name,
            verdict=Verdict.FAILED,
            observed=f"last written {duration(idle.total_seconds())} ago",
            reason="see whether its producers are well, or whether the topic is still needed",
        )
    retention = _retention(topic, observed)
    if stake.written and retention is not None and retention > limit / timedelta(milliseconds=1):
        return Part(
            name=topic.name,
            verdict=Verdict.FAILED,
            observed=f"all records have expired, so none was written for {duration(retention / 1000)}",
            reason="see whether its producers are well, or whether the topic is still needed",
        )
    reason = "its records expire sooner than that" if stake.written else "it was never written to"
    return Part(name=topic.name, verdict=Verdict.NOT_APPLICABLE, reason=reason)


def _retention(topic: ObservedTopic, observed: ObservedCluster) -> int | None:
    """Milliseconds, its own or what the brokers give it; None for ever, or where nobody can tell."""
    inherited = (topic.inherited or observed.defaults or {}).get("retention.ms")
    text = topic.configs.get("retention.ms") or (inherited.value if inherited else None)
    try:
        return int(text) if text is not None and int(text) >= 0 else None
    except ValueError:
        return None


def _lag(observed: ObservedCluster, cluster: Cluster, topics: Sequence[ObservedTopic]) -> Check:
    name, limit = "consumer lag", cluster.most_lag
    expected = f"at most {limit} messages"
    if limit is None:
        return _aside(name, "", "cluster.yaml sets no most_lag")
    parts: list[Part] = []
    groups = 0
    for topic in topics:
        stake = observed.stakes.get(topic.name)
        if stake is None or stake.groups is None:
            reason = "; ".join(stake.unknown) if stake else "its numbers were not read"
            parts.append(Part(name=topic.name, verdict=Verdict.INCONCLUSIVE, reason=reason))
            continue
        groups += len(stake.groups)
        parts += [_lagging(topic.name, group) for group in stake.groups if (group.lag or 0) > limit]
        parts += [
            Part(
                name=f"{group.group} on {topic.name}",
                verdict=Verdict.INCONCLUSIVE,
                reason="it has members and has committed nothing yet",
            )
            for group in stake.groups
            if group.lag is None
        ]
    if not groups and not parts:
        return _aside(name, expected, "no consumer group reads a managed topic")
    return _check(name, expected, f"{len(parts)} of {groups} groups behind", parts)


def _lagging(topic: str, group: GroupLag) -> Part:
    return Part(
        name=f"{group.group} on {topic}",
        verdict=Verdict.FAILED,
        observed=f"{group.lag} messages behind ({group.state.lower()}, {group.members} members)",
        reason="see whether its consumers keep up",
    )


def _check(name: str, expected: str, observed: str, parts: Iterable[Part]) -> Check:
    listed = tuple(parts)
    verdicts = {each.verdict for each in listed}
    worst = next(
        (each for each in (Verdict.FAILED, Verdict.INCONCLUSIVE) if each in verdicts), Verdict.PASSED
    )
    reason = ""
    if worst is not Verdict.PASSED:
        first = next(each for each in listed if each.verdict is worst)
        reason = f"{first.name}: {first.observed or first.reason}"
    return Check(name=name, verdict=worst, expected=expected, observed=observed, reason=reason, parts=listed)


def _aside(name: str, expected: str, reason: str) -> Check:
    return Check(name=name, verdict=Verdict.NOT_APPLICABLE, expected=expected or None, reason=reason)


def _listed(indexes: Sequence[int], most: int = 10) -> str:
    text = ", ".join(map(str, indexes[:most]))
    return f"{text} and {len(indexes) - most} more" if len(indexes) > most else text
