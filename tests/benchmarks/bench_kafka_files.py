"""10,000 declared topics are read and checked offline in 3 s, with policy and rules; beside it, libyaml."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.benchmarks.ratio import Ratio, side_by_side

TOPICS, TEAMS = 10_000, 10
SECONDS = 3.0
CLUSTER = """\
cluster: main
environment: bench
connection: kafka_main
cluster_id: MkU3OEVBNTcwNTJENDM2Qg
owner: platform
owners:
{owners}
defaults: {{replication_factor: 3, configs: {{min.insync.replicas: 2}}}}
profiles: {{compacted: {{configs: {{cleanup.policy: compact}}}}}}
"""
POLICY = """\
environments:
  bench:
    name: '[a-z0-9]+(\\.[a-z0-9]+)*'
    partitions: {most: 48}
    min_insync_replicas: 2
    required_fields: [description, classification]
    most_retention: {any: 30d}
    rules:
      - {name: prefix, holds: topic.name.startsWith(topic.team), message: Begin with the team.}
      - {name: wide, holds: topic.partitions <= 24 || topic.classification == 'internal', message: Narrower.}
"""
TOPIC = """\
  {team}.orders.{number}.v1:
    partitions: {partitions}
    description: Orders of shop {number}
    classification: internal
    profile: {profile}
    configs: {{retention.ms: {retention}, compression.type: zstd}}
"""


def write_cluster(folder: Path) -> None:
    """Ten teams with a thousand topics each, no two of the same retention."""
    topics = folder / "kafka" / "main" / "topics"
    topics.mkdir(parents=True)
    teams = [f"team{number}" for number in range(TEAMS)]
    owners = "\n".join(f"  {team}: {{contact: {team}, topics: [{team}.*]}}" for team in teams)
    (folder / "kafka" / "policy.yaml").write_text(POLICY)
    (folder / "kafka" / "main" / "cluster.yaml").write_text(CLUSTER.format(owners=owners))
    for team in teams:
        parts = [
            TOPIC.format(
                team=team,
                number=number,
                partitions=number % 24 + 1,
                profile="compacted",
                retention=604_800_000 + number,
            )
            for number in range(TOPICS // TEAMS)
        ]
        (topics / f"{team}.yaml").write_text(f"team: {team}\ntopics:\n{''.join(parts)}")


def measure() -> Iterable[Ratio]:
    """Reading, merging with defaults and profile, and every check that needs no broker."""
    from dataops.kafka.files.loading import check

    with tempfile.TemporaryDirectory(prefix="dataops-bench-kafka-") as scratch:
        folder = Path(scratch)
        write_cluster(folder)

        def ours() -> float:
            started = time.perf_counter()
            report = check(folder, "main")
            seconds = time.perf_counter() - started
            assert report.desired is not None, report.problems[:3]
            assert len(report.desired.topics) == TOPICS
            return seconds

        def theirs() -> float:
            started = time.perf_counter()
            for path in sorted(folder.rglob("*.yaml")):
                yaml.load(path.read_bytes(), yaml.CSafeLoader)
            return time.perf_counter() - started

        mine, bare = side_by_side(ours, theirs, rounds=5)
        yield Ratio("kafka files, 10,000 topics", mine, bare, bar=0, allowance=SECONDS)
