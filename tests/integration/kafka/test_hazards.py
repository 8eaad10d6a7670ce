"""What a topic provisioner must refuse or handle: each hazard made real on a broker, by a topic of its own.

One plan meets all of them at once. What it refuses is still as it was after everything else was approved.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.kafka.changes import Cause, Plan, Risk
from dataops.kafka.observed import ObservedTopic
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer
from tests.integration.kafka.building import session_with, topic_of
from tests.integration.kafka.place import Place

REFUSED, NOTHING = "refused", "nothing"
DELETION = "deletion: {enabled: true, quarantine: 1d}\n"
COMPACT = {"cleanup_policy": "compact"}


@dataclass(frozen=True)
class Hazard:
    """A topic as it is, what its entry in the file asks for, and what must come of it."""

    entry: str
    outcome: str
    reason: str = ""
    partitions: int = 1
    configs: dict[str, str] = field(default_factory=dict)
    records: int = 5
    produce: dict[str, Any] = field(default_factory=dict)


HAZARDS: dict[str, Hazard] = {
    "fewer-partitions": Hazard("{partitions: 1}", REFUSED, "Kafka cannot take partitions away", 3),
    "more-partitions": Hazard("{partitions: 4}", REFUSED, "the order of a key's records breaks"),
    "more-partitions-agreed": Hazard(
        "{partitions: 4, acknowledge: {partitions: 4}}", Risk.DISRUPTIVE, "latest offset may miss"
    ),
    "more-partitions-unwritten": Hazard("{partitions: 4}", Risk.SAFE, "Nothing was ever written", records=0),
    "more-partitions-compacted": Hazard(
        "{partitions: 4, configs: {cleanup.policy: compact}}",
        REFUSED,
        "keeps an old value for good",
        configs=COMPACT,
    ),
    "compaction-without-keys": Hazard(
        "{configs: {cleanup.policy: compact}, acknowledge: {cleanup.policy: compact}}",
        REFUSED,
        "have no key",
        produce={"keys": False},
    ),
    "compaction": Hazard(
        "{configs: {cleanup.policy: compact}}", REFUSED, "All records of a key but the last"
    ),
    "deletion-instead-of-compaction": Hazard(
        "{configs: {cleanup.policy: delete}}", REFUSED, "kept the last record of every key", configs=COMPACT
    ),
    "retention-cut": Hazard("{configs: {retention.ms: 1}}", REFUSED, "are deleted: the oldest is of"),
    "size-cut": Hazard(
        "{configs: {retention.bytes: 1000}}",
        REFUSED,
        "What a partition has above 1 kB is deleted, the oldest first: the topic has",
        produce={"size": 2000},
    ),
    "deletion-markers": Hazard(
        "{configs: {cleanup.policy: compact, delete.retention.ms: 1s}}",
        REFUSED,
        "keeps keys that were deleted",
        configs=COMPACT,
    ),
    "smaller-messages": Hazard(
        "{configs: {max.message.bytes: 1000}}",
        REFUSED,
        "are in use: their producers will fail",
        produce={"size": 50_000},
    ),
    "unclean-leaders": Hazard(
        "{configs: {unclean.leader.election.enable: true}}", REFUSED, "A replica that lacks records"
    ),
    "copies-above-brokers": Hazard("{replication_factor: 3}", REFUSED, "3 "),
    "protected": Hazard("{state: absent}", REFUSED, "The topic is protected"),
    "deletion-in-two-steps": Hazard("{state: absent}", Risk.DISRUPTIVE, "every writer is cut off"),
    "as-declared": Hazard("{configs: {retention.ms: 7d}}", NOTHING, configs={"retention_ms": "604800000"}),
    "inherited": Hazard("{}", NOTHING),
    "undeclared-override": Hazard(
        "{}", Risk.SAFE, "No file declares it", configs={"retention_ms": "86400000"}
    ),
}


@dataclass
class Met:
    """The hazards on the broker, the plan that met them, and each topic as it was before."""

    place: Place
    plan: Plan
    before: dict[str, ObservedTopic]

    def told_of(self, name: str) -> list[tuple[str, str]]:
        """What the plan says of a topic: ``refused``, or the risk of a change, each with its reason."""
        full = f"{self.place.prefix}{name}"
        refused = [(REFUSED, each.reason) for each in self.plan.refusals if each.resource == f"topic {full}"]
        changes = [
            (each.risk.value, each.reason)
            for each in self.plan.changes
            if getattr(each.action, "topic", "") == full
        ]
        return refused + changes


@pytest.fixture(scope="module")
def met(kafka: KafkaServer, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    place = Place(kafka, store, tmp_path_factory.mktemp("hazards") / "include", "hazard-", "hazards")
    place.cluster(more=f"{DELETION}protected: [hazard-protected]\n")
    place.topics(**{
        name: hazard.entry if "partitions" in hazard.entry else _with_partitions(hazard)
        for name, hazard in HAZARDS.items()
    })
    for name, hazard in HAZARDS.items():
        kafka.create(f"hazard-{name}", partitions=hazard.partitions, **hazard.configs)
        if hazard.records:
            kafka.produce(f"hazard-{name}", hazard.records, **hazard.produce)
    yield Met(place, place.plan(), _topics(kafka))
    kafka.delete(*(f"hazard-{name}" for name in HAZARDS))


def _with_partitions(hazard: Hazard) -> str:
    inner = hazard.entry[1:-1]
    return f"{{partitions: {hazard.partitions}{', ' if inner else ''}{inner}}}"


def _topics(kafka: KafkaServer) -> dict[str, ObservedTopic]:
    with session_with(kafka) as session:
        return {name: topic_of(session, f"hazard-{name}") for name in HAZARDS}


@pytest.mark.parametrize("name", HAZARDS)
def test_the_plan_says_what_each_change_would_do(met: Met, name: str) -> None:
    hazard, told = HAZARDS[name], met.told_of(name)
    if hazard.outcome == NOTHING:
        assert told == []
        return
    assert [outcome for outcome, _ in told] == [hazard.outcome]
    assert hazard.reason in told[0][1]


def test_what_is_refused_stays_as_it_is_whatever_else_is_approved(met: Met) -> None:
    done = met.place.apply(met.plan, approve=True)
    assert done.exit_code == 1
    after = _topics(met.place.kafka)
    kept = [name for name, hazard in HAZARDS.items() if hazard.outcome in {REFUSED, NOTHING}]
    assert {name: after[name] for name in kept} == {name: met.before[name] for name in kept}
    assert len(after["more-partitions-agreed"].partitions) == 4
    assert after["undeclared-override"].configs == {}
    assert after["deletion-in-two-steps"].topic_id == met.before["deletion-in-two-steps"].topic_id


def test_topics_of_other_programs_are_never_touched(met: Met) -> None:
    kafka = met.place.kafka
    kafka.commit("hazard-group", "hazard-inherited", 1)
    foreign = ["_schemas", "connect-offsets", "app-orders-changelog", "app-orders-repartition"]
    kafka.create(*foreign)
    try:
        plan = met.place.plan()
    finally:
        kafka.delete(*foreign)
    others = {*foreign, "__consumer_offsets"}
    assert not others & {getattr(change.action, "topic", "") for change in plan.changes}
    told = {finding.resource for finding in plan.findings if finding.cause is Cause.UNMANAGED_TOPIC}
    assert not {f"topic {name}" for name in others} & told


def _write(path: Path, topics: str) -> None:
    path.write_text(f"team: {path.stem}\ntopics:\n{topics}\n")


def _empty(path: Path) -> None:
    path.write_text("")


MISTAKES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a name that Kafka refuses": (lambda us: _write(us, '  "a b": {}'), "a b"),
    "one topic in two files": (
        lambda us: (
            us.with_name("them.yaml").write_text("team: them\ntopics:\n  mistake-plain: {}\n") and None
        ),
        "mistake-plain",
    ),
    "a key twice": (lambda us: _write(us, "  mistake-a: {}\n  mistake-a: {}"), "twice"),
    "a number that is none": (lambda us: _write(us, "  mistake-a: {partitions: 1e6}"), "partitions"),
    "an unknown config": (
        lambda us: _write(us, "  mistake-a: {configs: {retention.mss: 1}}"),
        "retention.mss",
    ),
    "a broker's config": (
        lambda us: _write(us, "  mistake-a: {configs: {log.dirs: /tmp}}"),
        "log.dirs",
    ),
    "a wrong value": (
        lambda us: _write(us, "  mistake-a: {configs: {cleanup.policy: shrink}}"),
        "cleanup.policy",
    ),
    "more in sync than there are": (
        lambda us: _write(us, "  mistake-a: {configs: {min.insync.replicas: 2}}"),
        "min.insync.replicas",
    ),
    "an internal topic": (lambda us: _write(us, "  __consumer_offsets: {}"), "__consumer_offsets"),
    "no folder of topics": (lambda us: shutil.rmtree(us.parent), "topics"),
    "a template that gave nothing": (Path.unlink, "topics"),
    "a file that is empty": (_empty, "is empty"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_files_changes_nothing(
    kafka: KafkaServer, store: ObjectStore, tmp_path: Path, mistake: str
) -> None:
    place = Place(kafka, store, tmp_path / "include", "mistake-", "mistakes")
    place.cluster(more=DELETION)
    place.topics(plain="{}")
    found, before = place.plan(), kafka.topics()
    break_it, told = MISTAKES[mistake]
    break_it(place.include / "kafka" / "mistakes" / "topics" / "us.yaml")
    done = place.apply(found)
    assert (done.exit_code, done.record.verdict) == (2, Verdict.FAILED)
    assert told in done.record.reason
    assert kafka.topics() == before
