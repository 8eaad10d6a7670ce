"""The demo's part about Kafka: a dangerous change that is refused, a manual change that is found as drift."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.errors import Missing, ServiceFailed
from sandbox.platform import NAME, SandboxPlatform
from sandbox.start import Say

CLUSTER = "main"
TOPICS, DRIFT = f"kafka_topics__{CLUSTER}", f"kafka_drift__{CLUSTER}"
FILE = Path("kafka", CLUSTER, "topics", "flights.yaml")
FEWER = ("    partitions: 6\n", "    partitions: 3\n")
"""What the demo would have changed in ``FILE``, and to what: Kafka cannot take partitions away."""

TOPIC, KEY, BY_HAND = "flights.delays", "retention.ms", "3600000"
"""What somebody changes by hand: an hour instead of two weeks."""

REFUSED = 1
"""The exit code of a plan that refuses something."""


def is_there(platform: SandboxPlatform) -> bool:
    """Whether this sandbox has a broker, and its include folder the cluster that the demo is about."""
    try:
        platform.kafka()
    except Missing:
        return False
    file = platform.airflow.include / FILE
    return file.exists() and FEWER[0] in file.read_text(encoding="utf-8")


def show_a_refused_change(platform: SandboxPlatform, say: Say) -> None:
    """Plans a copy of the files with fewer partitions of a topic; ``ServiceFailed`` unless it is refused."""
    with tempfile.TemporaryDirectory(prefix="dataops-demo-") as folder:
        include = Path(folder) / "include"
        shutil.copytree(platform.airflow.include, include)
        file = include / FILE
        file.write_text(file.read_text(encoding="utf-8").replace(*FEWER), encoding="utf-8")
        say(
            f"\nA copy of {FILE} says {FEWER[1].strip()} instead of {FEWER[0].strip()}. `dataops kafka plan`:"
        )
        finished = subprocess.run(
            [sys.executable, "-m", "dataops.cli", "kafka", "plan", CLUSTER, "--environment", NAME],
            env={**os.environ, **platform.environment(), "DATAOPS_INCLUDE": str(include)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    for line in (finished.stdout or finished.stderr).splitlines():
        say(f"  {line}")
    if finished.returncode != REFUSED:
        raise ServiceFailed(f"The plan should have been refused, but ended with {finished.returncode}.")


def change_by_hand(platform: SandboxPlatform) -> None:
    """Somebody shortens the retention of a topic on the cluster, past the files."""
    from confluent_kafka.admin import (
        AdminClient,
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    admin = AdminClient({"bootstrap.servers": platform.kafka().bootstrap, "log_level": 0}, logger=None)
    entry = ConfigEntry(KEY, BY_HAND, incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ResourceType.TOPIC, TOPIC, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([changed]).values():
        future.result(10)
