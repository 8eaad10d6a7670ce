"""1,000 topics of 3 partitions, applied, against kafka-topics.sh and topicctl; a plan over 5,000 topics.

Ours is everything that a run does: connect, read, plan, preflight, apply with lease and journal, read back.
The others are driven the usual way, a call or a file a topic, on a sample, and scaled to 1,000: topicctl only
where Go can build it. ``BENCH_TOPICS`` (default 5,000) sizes the plan without change.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from confluent_kafka import TopicCollection
from confluent_kafka.admin import ConfigResource, ResourceType
from dataops.kafka.applying.apply import Work, apply, lease_name
from dataops.kafka.applying.outcome import Result
from dataops.kafka.applying.preflight import preflight
from dataops.kafka.cluster.connecting import connect
from dataops.kafka.cluster.observing import observe
from dataops.kafka.desired import Cluster, Desired, Source, Topic
from dataops.kafka.planning import plan
from dataops.store import ObjectStore, lease

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from tests.benchmarks.ratio import Ratio, side_by_side
from tests.integration.kafka.broker import KafkaServer

TOPICS, PARTITIONS = 1000, 3
MANY = int(os.environ.get("BENCH_TOPICS", "5000"))
SHELL_SAMPLE, TOPICCTL_SAMPLE = 6, 10
SECONDS = 3.0
TOPICCTL = "github.com/segmentio/topicctl/cmd/topicctl@v1.20.0"
CONFIGS = {"retention.ms": "604800000", "cleanup.policy": "delete"}
HERE = Source("kafka/bench/topics/us.yaml", 1)


def measure() -> Iterable[Ratio]:
    """Creating, against each of the others; then reading and planning without change."""
    with _servers() as (kafka, store):
        ours: list[float] = []

        def mine() -> float:
            ours.append(_ours(kafka, store))
            return ours[-1]

        took, shell = side_by_side(mine, lambda: _shell(kafka), rounds=3)
        scaled = {"sample": f"{SHELL_SAMPLE} calls, scaled to {TOPICS}"}
        yield Ratio("1,000 topics against kafka-topics.sh", took, shell, bar=0.1, parts=scaled)
        if program := _topicctl():
            took, theirs = side_by_side(mine, lambda: _files(kafka, program), rounds=3)
            scaled = {"sample": f"{TOPICCTL_SAMPLE} files in one call, scaled to {TOPICS}"}
            yield Ratio("1,000 topics against topicctl", took, theirs, bar=0.1, parts=scaled)
        else:
            print("  topicctl is left out: it is not on the path, and Go could not build it")
        yield _unchanged(kafka, store)


def _declared(kafka: KafkaServer, prefix: str, count: int) -> Desired:
    cluster = Cluster("bench", "test", "kafka", kafka.cluster_id, "us", HERE)
    names = [f"{prefix}{number}" for number in range(count)]
    topics = {name: Topic(name, PARTITIONS, 1, HERE, "us", "us", CONFIGS) for name in names}
    return Desired(cluster, topics, fingerprint=prefix)


def _apply(kafka: KafkaServer, store: ObjectStore, desired: Desired) -> None:
    with (
        connect(kafka.connection(), kafka.cluster_id) as session,
        lease(store, lease_name("bench"), holder="bench") as held,
    ):
        found = plan(desired, observe(session, named=desired.topics))
        checks = preflight(session, found.safe)
        assert {check.verdict for check in checks} <= {"passed", "not applicable"}
        report = apply(Work(session, "bench", store, "bench", still_ours=held.check), found.safe)
        assert {outcome.result for outcome in report.outcomes} == {Result.APPLIED}
        assert len(report.outcomes) == len(desired.topics)


def _ours(kafka: KafkaServer, store: ObjectStore) -> float:
    desired = _declared(kafka, f"ours-{secrets.token_hex(3)}-", TOPICS)
    started = time.perf_counter()
    _apply(kafka, store, desired)
    seconds = time.perf_counter() - started
    kafka.delete(*desired.topics)
    return seconds


def _shell(kafka: KafkaServer) -> float:
    """One start of the tool a topic, as scripts do it."""
    prefix = f"shell-{secrets.token_hex(3)}-"
    names = [f"{prefix}{number}" for number in range(SHELL_SAMPLE)]
    configs = [word for key, value in CONFIGS.items() for word in ("--config", f"{key}={value}")]
    times = []
    for name in names:
        started = time.perf_counter()
        kafka.java_tool(
            "org.apache.kafka.tools.TopicCommand", "--create", "--if-not-exists", "--topic", name,
            "--partitions", str(PARTITIONS), "--replication-factor", "1", *configs,
        )  # fmt: skip
        times.append(time.perf_counter() - started)
    kafka.delete(*names)
    return median(times) * TOPICS


def _topicctl() -> str | None:
    """topicctl from the path, else built once by Go into the cache."""
    if found := shutil.which("topicctl"):
        return found
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dataops" / "go"
    program, go = cache / "topicctl", shutil.which("go")
    if not program.exists() and go:
        environment = {**os.environ, "GOBIN": str(cache)}
        subprocess.run(
            [go, "install", TOPICCTL], env=environment, check=False, capture_output=True, timeout=900
        )
    return str(program) if program.exists() else None


def _files(kafka: KafkaServer, program: str) -> float:
    """One file a topic, all of a sample in one call."""
    prefix = f"files-{secrets.token_hex(3)}-"
    names = [f"{prefix}{number}" for number in range(TOPICCTL_SAMPLE)]
    meta = "{{name: {name}, environment: test, region: here, description: a benchmark, cluster: bench}}"
    with tempfile.TemporaryDirectory(prefix="dataops-topicctl-") as scratch:
        folder = Path(scratch)
        cluster = folder / "cluster.yaml"
        cluster.write_text(
            "meta: {name: bench, environment: test, region: here, description: a benchmark}\n"
            f"spec: {{bootstrapAddrs: [{kafka.bootstrap()}]}}\n"
        )
        (folder / "topics").mkdir()
        for name in names:
            (folder / "topics" / f"{name}.yaml").write_text(
                f"meta: {meta.format(name=name)}\n"
                f"spec: {{partitions: {PARTITIONS}, replicationFactor: 1, retentionMinutes: 10080,\n"
                "  settings: {cleanup.policy: delete}, placement: {strategy: any}}\n"
            )
        command = [program, "apply", "--skip-confirm", "--cluster-config", str(cluster)]
        files = sorted(map(str, (folder / "topics").glob("*.yaml")))
        started = time.perf_counter()
        subprocess.run([*command, *files], check=True, capture_output=True, timeout=900)
        seconds = time.perf_counter() - started
    kafka.delete(*names)
    return seconds * TOPICS / TOPICCTL_SAMPLE


def _unchanged(kafka: KafkaServer, store: ObjectStore) -> Ratio:
    """Connect, read and plan, beside a reading of the same by confluent-kafka's AdminClient."""
    desired = _declared(kafka, "many-", MANY)
    _apply(kafka, store, desired)
    names = list(desired.topics)
    requests: list[int] = []

    def ours() -> float:
        started = time.perf_counter()
        with connect(kafka.connection(), kafka.cluster_id) as session:
            found = plan(desired, observe(session, named=desired.topics))
            requests.append(session.wire.requests.total())
        seconds = time.perf_counter() - started
        assert found.exit_code == 0
        return seconds

    def theirs() -> float:
        started = time.perf_counter()
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        futures = [*kafka.admin.describe_topics(TopicCollection(names)).values()]
        futures += kafka.admin.describe_configs(resources).values()
        for future in futures:
            future.result(60)
        return time.perf_counter() - started

    mine, bare = side_by_side(ours, theirs, rounds=5)
    parts = {"topics": MANY, "partitions": MANY * PARTITIONS, "requests": requests[0]}
    return Ratio(f"plan without change, {MANY:,} topics", mine, bare, bar=0, allowance=SECONDS, parts=parts)


@contextmanager
def _servers() -> Generator[tuple[KafkaServer, ObjectStore]]:
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-kafka-", dir="/tmp"))
    users = (Credentials("admin", secrets.token_hex(8), secrets.token_hex(16)),)
    server = StoreServer(folder / "store", choose_ports(), users)
    kafka = KafkaServer.make(folder / "kafka", heap="1g", java=())
    process = server.start()
    stop: list[Callable[[], None]] = [lambda: children.stop(process, seconds=1), server.clear_leftovers]
    try:
        bucket = server.create_bucket(f"bench-{secrets.token_hex(4)}")
        kafka.start()
        stop.insert(0, lambda: kafka.stop(seconds=2))
        yield kafka, ObjectStore.from_connection(server.connection(), bucket)
    finally:
        for each in stop:
            each()
        shutil.rmtree(folder, ignore_errors=True)
