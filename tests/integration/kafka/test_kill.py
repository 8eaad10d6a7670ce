"""A run that is killed is gone on with: exactly the declared state, nothing deleted, nothing twice."""

from __future__ import annotations

import os
import pickle
import random
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dataops.kafka.applying.journal import read_unfinished
from dataops.kafka.changes import AddPartitions, DeleteTopic, Part, SetConfig
from dataops.kafka.cluster.observing import observe
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer
from tests.integration.kafka.building import create, part, session_with

ROOT = Path(__file__).parents[3]
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
ROUNDS = 10 if TORTURE else 1
TOPICS = 1000 if TORTURE else 100

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(kafka: KafkaServer, store: ObjectStore, tmp_path: Path) -> Start:
    """Begin an apply in a process of its own."""

    def begin(wanted: Part, heaviest: int, *, inherit: bool = False) -> subprocess.Popen[bytes]:
        spec = tmp_path / f"{secrets.token_hex(4)}.pickle"
        bucket = (store.connection, store.bucket)
        given = (kafka.connection(), kafka.cluster_id, *bucket, wanted, heaviest, inherit)
        spec.write_bytes(pickle.dumps(given))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.kafka.one_apply", str(spec)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/plugins:{ROOT}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return begin


@pytest.mark.torture
def test_sigkill_in_the_middle_of_applying(
    kafka: KafkaServer, store: ObjectStore, prefix: str, start: Start
) -> None:
    seed = random.randrange(1 << 32)
    print(f"random seed {seed}")
    chance = random.Random(seed)
    bystander = f"{prefix}bystander"
    kafka.create(bystander)
    kafka.produce(bystander, 7)
    heaviest = TOPICS * 5 // 8  # eight batches of creations
    for round_ in range(ROUNDS):
        name = f"{prefix}{round_}-"
        kafka.create(f"{name}grow", f"{name}drop")
        kafka.produce(f"{name}grow", 5)
        with session_with(kafka) as session:
            before = observe(session).topics
        grow, drop = before[f"{name}grow"], before[f"{name}drop"]
        wanted = part(
            *(create(f"{name}{number}", 3, retention_ms="60000") for number in range(TOPICS)),
            SetConfig(grow.name, grow.topic_id, "retention.ms", None, "3600000"),
            AddPartitions(grow.name, grow.topic_id, 1, 4),
            DeleteTopic(drop.name, drop.topic_id),
        )
        run = start(wanted, heaviest)
        assert run.stdout is not None and run.stdout.readline() == b"begun\n"
        try:
            run.wait(timeout=chance.uniform(0.0, 0.6 if not TORTURE else 4.0))
        except subprocess.TimeoutExpired:
            run.kill()
        run.communicate(timeout=60)
        again = start(wanted, heaviest, inherit=True)  # as the retry of a task whose first try is dead
        said, errors = again.communicate(timeout=240)
        assert again.returncode == 0, (said + errors).decode()
        with session_with(kafka) as session:
            after = observe(session).topics
        expected = {f"{name}{number}": (3, {"retention.ms": "60000"}) for number in range(TOPICS)}
        expected[grow.name] = (4, {"retention.ms": "3600000"})
        found = {
            topic.name: (len(topic.partitions), dict(topic.configs))
            for topic in after.values()
            if topic.name.startswith(name)
        }
        assert found == expected
        assert after[grow.name].topic_id == grow.topic_id  # never recreated
        assert after[bystander] == before[bystander]
        assert read_unfinished(store, "main") is None
        if TORTURE:
            kafka.delete(*expected)


def test_of_two_applies_at_once_one_is_refused_by_name(
    kafka: KafkaServer, store: ObjectStore, prefix: str, start: Start
) -> None:
    wanted = part(*(create(f"{prefix}{number}", 3) for number in range(40)))
    runs = [start(wanted, 4), start(wanted, 4)]
    said = [run.communicate(timeout=120) for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes == [0, 3], said
    refused = next(out for run, (out, _) in zip(runs, said, strict=True) if run.returncode == 3)
    assert b"The lease 'kafka-main' is held by a killed run since" in refused
    assert {f"{prefix}{number}" for number in range(40)} <= kafka.topics()
