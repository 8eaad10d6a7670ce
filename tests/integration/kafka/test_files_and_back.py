"""From files to a real broker and back: what is applied imports to no change, and what people do is drift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from dataops.connections import Connection
from dataops.kafka.applying.outcome import Result
from dataops.kafka.changes import Cause, Plan
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.stakes import read_stakes
from dataops.kafka.desired import Acl, Desired
from dataops.kafka.drifting import drift
from dataops.kafka.files.loading import defaults_of, load
from dataops.kafka.importing import imported
from dataops.kafka.memory import Memory, remembered
from dataops.kafka.observed import ObservedCluster
from dataops.kafka.planning import plan
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import carry_out, reasons, results, session_with

CLUSTER = """\
cluster: main
environment: test
connection: kafka
cluster_id: {id}
owner: us
defaults: {{partitions: 2, replication_factor: 1, configs: {{retention.ms: 7d}}}}
profiles: {{compacted: {{configs: {{cleanup.policy: [delete, compact], min.cleanable.dirty.ratio: "0.50"}}}}}}
"""
TOPICS = """\
team: us
topics:
  {prefix}plain:
  {prefix}state: {{profile: compacted, partitions: 3}}
  {prefix}odd:
    partitions: 1
    configs: {{retention.ms: null, compression.type: LZ4, segment.bytes: 16MiB, preallocate: false}}
    acls:
      - {{principal: "User:{prefix}reader", operations: [read, describe]}}
      - {{principal: "User:{prefix}other", operations: write, permission: deny, host: 10.0.0.1}}
acls:
  - {{resource: group, name: {prefix}, pattern: prefixed, principal: "User:{prefix}reader", operations: read}}
users:
  {prefix}reader: {{secret: kafka_reader, version: 2}}
quotas:
  - {{user: {prefix}reader, consumer_byte_rate: 1000000, request_percentage: 12.5}}
"""


def files(folder: Path, session: Session, topics: str) -> Desired:
    root = folder / "include" / "kafka" / "main"
    (root / "topics").mkdir(parents=True, exist_ok=True)
    (root / "cluster.yaml").write_text(CLUSTER.format(id=session.cluster_id))
    (root / "topics" / "us.yaml").write_text(topics)
    return load(folder / "include", "main")


def planned(session: Session, desired: Desired, memory: Memory | None = None) -> tuple[Plan, ObservedCluster]:
    observed = observe(session, named=desired.topics)
    found = plan(desired, observed, memory=memory)
    if found.wants_stakes:
        stakes = read_stakes(session, observed.topics, found.wants_stakes)
        observed = replace(observed, stakes=stakes)
        found = plan(desired, observed, memory=memory)
    return found, observed


def secret(connection_id: str) -> Connection:
    return Connection(id=connection_id, password="hush")


def applied(session: Session, store: ObjectStore, desired: Desired) -> ObservedCluster:
    found, _ = planned(session, desired)
    assert found.refusals == ()
    for part in (found.safe, found.gated):
        report = carry_out(session, store, part, secrets=secret)
        assert set(results(report)) <= {Result.APPLIED}, reasons(report)
    again, observed = planned(session, desired)
    assert (again.changes, again.refusals) == ((), ())
    return observed


def test_what_files_declare_is_applied_and_imports_to_no_change(
    kafka: KafkaServer, store: ObjectStore, prefix: str, tmp_path: Path
) -> None:
    with session_with(kafka) as session:
        desired = files(tmp_path / "first", session, TOPICS.format(prefix=prefix))
        observed = applied(session, store, desired)
        assert observed.topics[f"{prefix}state"].configs["cleanup.policy"] in {
            "compact,delete",
            "delete,compact",
        }
        defaults = defaults_of(tmp_path / "first" / "include", "main")
        found = imported(observed, desired.cluster, "us", defaults=defaults, patterns=(f"{prefix}*",))
        assert found.topics == 3
        taken = files(tmp_path / "second", session, found.text)
        again, _ = planned(session, taken)
        assert (again.changes, again.refusals) == ((), ())
        assert {each.acl for each in taken.acls} >= {each.acl for each in desired.acls}


def test_what_people_change_by_hand_is_drift_with_its_cause(
    kafka: KafkaServer, store: ObjectStore, prefix: str, tmp_path: Path
) -> None:
    with session_with(kafka) as session:
        desired = files(tmp_path, session, TOPICS.format(prefix=prefix))
        memory = remembered(desired, applied(session, store, desired), Memory())
        by_hand(kafka, prefix)
        made, observed = planned(session, desired, memory)
        found = drift(desired, observed, made, memory)
        mine = {each.resource: each.cause for each in found.findings if prefix in each.resource}
        assert mine == {
            f"topic {prefix}plain": Cause.MANUAL_OVERRIDE,
            f"topic {prefix}state": Cause.MISSING_TOPIC,
            f"topic {prefix}stranger": Cause.UNMANAGED_TOPIC,
            f"acl {Acl('TOPIC', f'{prefix}odd', f'User:{prefix}reader', 'READ')}": Cause.LOST_ACL,
        }
        assert len(found.new) == len(found.findings)
        later = remembered(desired, observed, memory, found.findings)
        assert drift(desired, observed, made, later).new == frozenset()


def by_hand(kafka: KafkaServer, prefix: str) -> None:
    """A shorter retention, a deleted topic, one that no file declares, a binding taken away."""
    from confluent_kafka.admin import (
        AclBindingFilter,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
    )

    entry = ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ResourceType.TOPIC, f"{prefix}plain", incremental_configs=[entry])
    for future in kafka.admin.incremental_alter_configs([changed]).values():
        future.result()
    kafka.create(f"{prefix}stranger")
    lost = AclBindingFilter(
        ResourceType.TOPIC,
        f"{prefix}odd",
        ResourcePatternType.LITERAL,
        f"User:{prefix}reader",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    for removal in kafka.admin.delete_acls([lost]).values():
        assert len(removal.result()) == 1
    kafka.delete(f"{prefix}state")
    wait_for("the topic to go", lambda: f"{prefix}state" not in kafka.topics())
