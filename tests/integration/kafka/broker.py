"""Real Kafka clusters for tests: authorizer, SCRAM, TLS, OAuth, racks, and a proxy in front of each node."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from dataops.connections import Connection

from sandbox import children
from sandbox.certificates import Authority
from sandbox.kafka import broker as sandbox_broker
from sandbox.ports import LOOPBACK, free_ports
from tests.integration.kafka.proxy import Proxy

ADMIN, PASSWORD = "admin", "admin-secret"
LISTENERS = ("PLAIN", "SASL", "TLS", "MUTUAL", "OAUTH", "PROXIED", "CONTROLLER")
PROTOCOLS = {
    "PLAIN": "PLAINTEXT",
    "SASL": "SASL_PLAINTEXT",
    "TLS": "SASL_SSL",
    "MUTUAL": "SSL",
    "OAUTH": "SASL_PLAINTEXT",
    "PROXIED": "PLAINTEXT",
    "CONTROLLER": "PLAINTEXT",
}


def wait_for(what: str, condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What the condition answers once it is true; an error that names it after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def _done(future: Any) -> bool:
    """Whether it was done; a busy broker's answer may be lost, and it is asked again."""
    try:
        future.result(30)
    except KafkaException as error:
        code = error.args[0].code()
        if code == KafkaError._TRANSPORT:
            return False
        if code != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    return True


@dataclass
class Node:
    """One broker and controller. ``proxy`` stands before its PROXIED listener."""

    number: int
    folder: Path
    ports: dict[str, int]
    proxy: Proxy
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "server.properties"


@dataclass
class KafkaServer:
    """A cluster of one node or three. On PLAIN and PROXIED everybody is a superuser."""

    folder: Path
    nodes: list[Node]
    authority: Authority
    settings: Mapping[str, str] = field(default_factory=dict)
    heap: str = "384m"
    java: tuple[str, ...] = ("-XX:TieredStopAtLevel=1",)
    """Further options of Java; a test's broker lives too briefly for its optimising compiler."""

    @classmethod
    def make(
        cls, folder: Path, *, size: int = 1, settings: Mapping[str, str] | None = None, **more: Any
    ) -> KafkaServer:
        """Formatted and ready to start. ``more``: heap and java."""
        nodes = []
        for number in range(1, size + 1):
            ports = free_ports(LISTENERS)
            nodes.append(Node(number, folder / f"node-{number}", ports, Proxy.before(ports["PROXIED"])))
        server = cls(folder, nodes, Authority(folder / "authority"), dict(settings or {}), **more)
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        server._format(nodes[0], identity)
        for node in nodes[1:]:
            server._copy(nodes[0], node)
        return server

    def start(self) -> None:
        """All nodes, ready when the cluster describes itself with every one of them."""
        for node in self.nodes:
            self.launch(node)
        self.wait_until_ready()

    def launch(self, node: Node) -> None:
        memory = ["-Xms128m", f"-Xmx{self.heap}", "-XX:+UseSerialGC", *self.java]
        logging = f"-Dlog4j2.configurationFile={Path(sandbox_broker.__file__).with_name('log4j2.properties')}"
        command = [*_java(*memory, logging), "kafka.Kafka", str(node.config)]
        node.process = children.start(
            command, log=node.folder / "broker.log", at_parents_death=children.signal.SIGKILL
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        def ready() -> bool:
            for node in self.nodes:
                assert node.process is None or node.process.poll() is None, node.folder / "broker.log"
            try:
                found = self.admin.describe_cluster(request_timeout=2).result(timeout=3)
            except (KafkaException, TimeoutError):
                return False
            return len(found.nodes) == len([node for node in self.nodes if node.process])

        wait_for("the cluster is ready", ready, seconds)

    def stop(self, seconds: float = 20) -> None:
        for node in self.nodes:
            self.stop_node(node, seconds=seconds)
            node.proxy.close()

    def stop_node(self, node: Node, *, seconds: float = 20) -> None:
        """Politely within the seconds; by force at once with 0."""
        if node.process:
            if not seconds:
                node.process.kill()
            children.stop(node.process, seconds=seconds or 1)
            node.process = None

    # Ways in

    def bootstrap(self, listener: str = "PLAIN") -> str:
        """Where clients of that listener connect."""
        if listener == "PROXIED":
            return ",".join(f"{LOOPBACK}:{node.proxy.port}" for node in self.nodes)
        return ",".join(f"{LOOPBACK}:{node.ports[listener]}" for node in self.nodes)

    def connection(self, listener: str = "PLAIN", **extra: Any) -> Connection:
        """As Airflow keeps one of type ``kafka``: all in its extra field, in librdkafka's words."""
        given = {"bootstrap.servers": self.bootstrap(listener)}
        if listener in {"SASL", "TLS"}:
            given |= {
                "security.protocol": PROTOCOLS[listener],
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.username": ADMIN,
                "sasl.password": PASSWORD,
            }
        if listener == "TLS":
            given |= {"ssl.ca.location": str(self.authority.ca_file)}
        settings = {name.replace("__", "."): value for name, value in extra.items()}
        return Connection(id="kafka_test", type="kafka", extra={**given, **settings})

    @cached_property
    def admin(self) -> AdminClient:
        """A superuser's client, for what the test itself arranges and looks at."""
        return AdminClient({"bootstrap.servers": self.bootstrap(), "log_level": 0}, logger=None)

    @cached_property
    def cluster_id(self) -> str:
        return str(self.admin.describe_cluster().result(10).cluster_id)

    # Arranging

    def create(self, *names: str, partitions: int = 1, replicas: int = 1, **configs: str) -> None:
        """Topics; ``retention_ms="1"`` stands for ``retention.ms``. Returns once every node knows them."""
        config = {name.replace("_", "."): value for name, value in configs.items()}

        def made() -> bool:
            wanted = [NewTopic(name, partitions, replicas, config=config) for name in names]
            asked = self.admin.create_topics(wanted, operation_timeout=20)
            done = [_done(future) for future in asked.values()]
            return all(done)

        wait_for("topics are made", made, 60)
        wait_for("topics are known", lambda: set(names) <= self.topics())

    def topics(self) -> set[str]:
        return set(self.admin.list_topics(timeout=10).topics)

    def delete(self, *names: str) -> None:
        for future in self.admin.delete_topics(list(names), operation_timeout=20).values():
            future.result(30)
        wait_for("topics are gone", lambda: not set(names) & self.topics())

    def produce(
        self,
        topic: str,
        count: int = 10,
        *,
        size: int = 20,
        partition: int | None = None,
        keys: bool = True,
        compression: str = "none",
    ) -> None:
        """Records, acknowledged."""
        config = {"bootstrap.servers": self.bootstrap(), "log_level": 0, "compression.type": compression}
        producer = Producer(config)
        where = {} if partition is None else {"partition": partition}
        for number in range(count):
            producer.produce(topic, key=str(number) if keys else None, value=b"x" * size, **where)
            producer.poll(0)
        assert producer.flush(30) == 0

    def commit(self, group: str, topic: str, offset: int, partition: int = 0) -> None:
        """A consumer group without members that has committed this offset."""
        from confluent_kafka import Consumer

        consumer = Consumer({
            "bootstrap.servers": self.bootstrap(),
            "group.id": group,
            "log_level": 0,
            "enable.auto.commit": False,
        })
        consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
        consumer.close()

    def user(self, name: str, password: str = "secret") -> None:
        """A SCRAM user without any right."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        wanted = UserScramCredentialUpsertion(name, info, password.encode())
        for future in self.admin.alter_user_scram_credentials([wanted]).values():
            future.result(10)

    def allow(
        self,
        user: str,
        operations: Iterable[AclOperation],
        *,
        topic: str | None = None,
        pattern: ResourcePatternType = ResourcePatternType.LITERAL,
        permission: AclPermissionType = AclPermissionType.ALLOW,
    ) -> None:
        """Rights on a topic, or on the cluster without one."""
        kind = ResourceType.TOPIC if topic else ResourceType.BROKER
        name = topic or "kafka-cluster"
        bindings = [
            AclBinding(kind, name, pattern, f"User:{user}", "*", operation, permission)
            for operation in operations
        ]
        for future in self.admin.create_acls(bindings).values():
            future.result(10)

    def java_tool(self, tool: str, *arguments: str) -> str:
        """What one of Kafka's own command-line tools says."""
        command = [*_java("-Xmx128m"), tool, "--bootstrap-server", self.bootstrap(), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    # Configuration

    def _format(self, node: Node, identity: str) -> None:
        node.folder.mkdir(parents=True)
        self._configure(node)
        command = [*_java("-Xmx128m"), "kafka.tools.StorageTool", "format", f"--cluster-id={identity}"]
        scram = f"SCRAM-SHA-256=[name={ADMIN},password={PASSWORD}]"
        arguments = ["-c", str(node.config), "--add-scram", scram]
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=120)

    def _copy(self, formatted: Node, node: Node) -> None:
        """As if formatted too: the same records, another node, another directory; saves a start of Java."""
        node.folder.mkdir(parents=True)
        self._configure(node)
        shutil.copytree(formatted.folder / "data", node.folder / "data")
        properties = node.folder / "data" / "meta.properties"
        directory = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        replaced = {"node.id": str(node.number), "directory.id": directory}
        lines = [line.partition("=") for line in properties.read_text().splitlines() if "=" in line]
        properties.write_text("".join(f"{name}={replaced.get(name, value)}\n" for name, _, value in lines))

    def _configure(self, node: Node) -> None:
        node.config.write_text("".join(f"{name}={value}\n" for name, value in self._all(node).items()))

    def _all(self, node: Node) -> dict[str, Any]:
        size = len(self.nodes)
        copies = min(size, 3)
        advertised = {**node.ports, "PROXIED": node.proxy.port}
        clients = [name for name in LISTENERS if name != "CONTROLLER"]
        return {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "broker.rack": "abc"[node.number - 1],
            "controller.quorum.voters": ",".join(
                f"{other.number}@{LOOPBACK}:{other.ports['CONTROLLER']}" for other in self.nodes
            ),
            "listeners": ",".join(f"{name}://{LOOPBACK}:{node.ports[name]}" for name in LISTENERS),
            "advertised.listeners": ",".join(f"{name}://{LOOPBACK}:{advertised[name]}" for name in clients),
            "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in PROTOCOLS.items()),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAIN",
            "log.dirs": node.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 3,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "log.index.size.max.bytes": 65536,
            "log.initial.task.delay.ms": 1000,
            **self._security(),
            **self.settings,
        }

    def _security(self) -> dict[str, Any]:
        leaf = self.authority.issue("localhost")
        store = self.folder / "server.pem"
        store.write_text(leaf.key_file.read_text() + leaf.cert_file.read_text())
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        plain = (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'user_{ADMIN}="{PASSWORD}" user_plain="plain-secret";'
        )
        oauth = (
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
            'unsecuredLoginStringClaim_sub="broker";'
        )
        return {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN};User:ANONYMOUS;User:oauth;User:CN=client",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": store,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.ca_file,
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.sasl.sasl.enabled.mechanisms": "SCRAM-SHA-256,PLAIN",
            "listener.name.sasl.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.sasl.plain.sasl.jaas.config": plain,
            "listener.name.tls.sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.tls.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.oauth.oauthbearer.sasl.jaas.config": oauth,
        }


def _java(*options: str) -> list[str]:
    return [sandbox_broker.java(), *options, "-cp", f"{sandbox_broker.jars()}/*"]
