"""A single Kafka node that is broker and controller, from a folder of jars."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from sandbox.errors import Missing, ServiceFailed
from sandbox.ports import LOOPBACK

POM = Path(__file__).with_name("pom.xml")

CLUSTER_ID = "c2FuZGJveC1rYWZrYS0wMQ"
"""The id that include/kafka/main/cluster.yaml pins."""


@dataclass(frozen=True)
class Broker:
    """One node. ``folder`` holds its log, its configuration and its identity."""

    folder: Path
    port: int
    controller_port: int
    jars: Path

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def command(self) -> list[str]:
        """The broker, in the foreground."""
        memory = ["-Xms128m", "-Xmx384m", "-XX:+UseSerialGC"]
        logging = f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}"
        return [java(), *memory, logging, "-cp", f"{self.jars}/*", "kafka.Kafka", str(self._config)]

    @property
    def _config(self) -> Path:
        return self.folder / "server.properties"

    def prepare(self) -> None:
        """Write the configuration; format the log folder once, and again where it is of another cluster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        formatted = self.folder / "data" / "meta.properties"
        if not formatted.exists() or f"cluster.id={CLUSTER_ID}\n" not in formatted.read_text():
            shutil.rmtree(formatted.parent, ignore_errors=True)
            command = [java(), "-cp", f"{self.jars}/*", "kafka.tools.StorageTool", "format"]
            finished = subprocess.run(
                [*command, f"--cluster-id={CLUSTER_ID}", "-c", str(self._config)],
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            if finished.returncode:
                raise ServiceFailed(
                    f"Kafka's storage could not be formatted: {finished.stderr.strip()[-800:]}"
                )

    def is_ready(self) -> bool:
        """Whether the broker describes its cluster with all its nodes."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0}, logger=None)
        try:
            return len(admin.describe_cluster(request_timeout=2).result(timeout=3).nodes) == 1
        except (KafkaException, TimeoutError):
            return False

    def _settings(self) -> dict[str, str | int | Path]:
        listeners = f"CLIENT://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{self.controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{self.controller_port}",
            "listeners": listeners,
            "advertised.listeners": f"CLIENT://{self.bootstrap}",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENT",
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 3,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
        }


def java() -> str:
    """Java's program; ``Missing`` where there is none."""
    found = shutil.which("java")
    if not found:
        raise Missing("Kafka is left out: there is no Java. Run: make setup")
    return found


def jars() -> Path:
    """The folder of Kafka's jars: of ``KAFKA_HOME``, else cached, else fetched once by Maven.

    Raises ``Missing`` with one sentence where none can be had.
    """
    home = os.environ.get("KAFKA_HOME")
    if home:
        libs = Path(home) / "libs"
        if not any(libs.glob("kafka_*.jar")):
            raise Missing(f"Kafka is left out: KAFKA_HOME is {home}, but there is no libs/kafka_*.jar in it.")
        return libs
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dataops" / f"kafka-{version()}"
    )
    if not any(cache.glob("kafka_*.jar")):
        _fetch(cache)
    return cache


def version() -> str:
    """The pinned version of Kafka."""
    found = ElementTree.parse(POM).findtext(".//{*}kafka.version")
    assert found
    return found


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    java()
    if not maven:
        raise Missing("Kafka is left out: set KAFKA_HOME, or install Maven to fetch it (make setup).")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    options = ["-q", "-B", "-f", str(POM), "-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    finished = subprocess.run(
        [maven, *options, "dependency:copy-dependencies"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if finished.returncode:
        reason = next((line for line in finished.stdout.splitlines() if "ERROR" in line), "no reason given")
        reason = re.sub(r"\x1b\[[0-9;]*m|\[ERROR\] *", "", reason)
        raise Missing(
            f"Kafka is left out: Maven could not fetch it ({reason[:200]}). Set KAFKA_HOME, or try again."
        )
    partial.rename(folder)
