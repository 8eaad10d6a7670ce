"""One cluster's files, the real cluster that they are of, and the platform around them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from dataops.connections import Connection
from dataops.inventory import Inventory
from dataops.kafka.changes import Plan
from dataops.kafka.job import Job
from dataops.kafka.looking import look, session_of
from dataops.kafka.memory import Memory
from dataops.kafka.provisioning import Agreed, Outcome, provision
from dataops.platform import Platform
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer

CLUSTER = """\
cluster: {name}
environment: test
connection: kafka
cluster_id: {id}
owner: us
guarded: {guarded}
defaults: {{partitions: 2, replication_factor: 1}}
"""


@dataclass
class Place:
    """The files of one cluster and the platform around them."""

    kafka: KafkaServer
    store: ObjectStore
    include: Path
    prefix: str
    name: str
    said: list[str] = field(default_factory=list)

    def cluster(self, *, cluster_id: str = "", guarded: bool = True, more: str = "") -> None:
        """The cluster's file; ``more`` lines stand at its end."""
        text = CLUSTER.format(
            name=self.name, id=cluster_id or self.kafka.cluster_id, guarded=str(guarded).lower()
        )
        folder = self.include / "kafka" / self.name
        (folder / "topics").mkdir(parents=True, exist_ok=True)
        (folder / "cluster.yaml").write_text(text + more)

    def topics(self, **topics: str) -> None:
        """Topics by the end of their name, each with what its entry says."""
        lines = [f"  {self.prefix}{name}: {entry}\n" for name, entry in topics.items()]
        path = self.include / "kafka" / self.name / "topics" / "us.yaml"
        path.write_text(f"team: us\ntopics:\n{''.join(lines)}")

    def job(self, holder: str = "a test") -> Job:
        platform = Platform("test", Inventory(folder=self.include), self.connection)
        platform.__dict__["store"] = self.store
        return Job(platform, self.name, self.said.append, holder)

    def connection(self, connection_id: str) -> Connection:
        return replace(self.kafka.connection(), id=connection_id)

    def plan(self) -> Plan:
        job = self.job()
        with session_of(job) as session:
            return look(session, job, Memory()).plan

    def apply(self, found: Plan, *, approve: bool = False) -> Outcome:
        agreed = Agreed(found.safe.hash[:12] or "none was safe", found.gated.hash[:12] if approve else "")
        return provision(self.job(), agreed)

    def provisioned(self) -> None:
        """As declared, and with records in a topic, so that a change of it is no longer harmless."""
        assert self.apply(self.plan()).exit_code == 0
        self.kafka.produce(f"{self.prefix}plain", 5)

    def alter(self, topic: str, key: str, value: str) -> None:
        """Somebody changes a topic by hand."""
        entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        changed = ConfigResource(ResourceType.TOPIC, f"{self.prefix}{topic}", incremental_configs=[entry])
        for future in self.kafka.admin.incremental_alter_configs([changed]).values():
            future.result()
