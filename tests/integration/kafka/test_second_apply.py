"""Whatever is declared: once applied, the next plan has no change, on a real broker."""

from __future__ import annotations

import dataclasses
import os
import secrets
from typing import Any

from dataops.kafka.applying.outcome import Result
from dataops.kafka.changes import Plan
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.stakes import read_stakes
from dataops.kafka.desired import (
    Acl,
    Cluster,
    DeclaredAcl,
    Desired,
    Entity,
    Quota,
    ScramUser,
    Source,
    Topic,
)
from dataops.kafka.planning import plan
from dataops.store import ObjectStore
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.integration.kafka.broker import KafkaServer
from tests.integration.kafka.building import carry_out, reasons, results, session_with

EXAMPLES = 200 if os.environ.get("DATAOPS_TORTURE") else 6
HERE = Source("kafka/main/topics/us.yaml", 1)

CONFIGS: dict[str, st.SearchStrategy[str]] = {
    "cleanup.policy": st.sampled_from(["delete", "compact", "compact,delete"]),
    "compression.type": st.sampled_from(["producer", "zstd", "lz4", "uncompressed"]),
    "retention.ms": st.sampled_from(["-1", "60000", "604800000", "9223372036854775807"]),
    "retention.bytes": st.sampled_from(["-1", "1073741824"]),
    "min.cleanable.dirty.ratio": st.sampled_from(["0.1", "0.5", "1.0"]),
    "max.message.bytes": st.sampled_from(["1000", "1048588", "8388608"]),
    "segment.ms": st.integers(min_value=1, max_value=10**12).map(str),
    "message.timestamp.type": st.sampled_from(["CreateTime", "LogAppendTime"]),
    "min.insync.replicas": st.just("1"),
    "preallocate": st.sampled_from(["true", "false"]),
}


@st.composite
def topics(draw: st.DrawFn) -> dict[str, Any]:
    """A few topics by the end of their names."""
    found = {}
    for number in range(draw(st.integers(1, 5))):
        keys = draw(st.lists(st.sampled_from(sorted(CONFIGS)), unique=True, max_size=5))
        configs = {key: draw(CONFIGS[key]) for key in keys}
        found[f"topic-{number}"] = (draw(st.integers(1, 4)), configs)
    return found


def declared(session: Session, prefix: str, wanted: dict[str, Any], version: int) -> Desired:
    cluster = Cluster("main", "test", "kafka", session.cluster_id, "us", HERE, guarded=False)
    return Desired(
        cluster,
        {
            f"{prefix}{name}": Topic(f"{prefix}{name}", partitions, 1, HERE, "us", "us", configs)
            for name, (partitions, configs) in wanted.items()
        },
        acls=tuple(
            DeclaredAcl(Acl("TOPIC", f"{prefix}{name}", f"User:{prefix}reader", "READ"), HERE, "us")
            for name in wanted
        ),
        users=(ScramUser(f"{prefix}reader", "kafka_reader", version, HERE, "us"),),
        quotas=(Quota(Entity(user=f"{prefix}reader"), {"consumer_byte_rate": 1000.0 * version}, HERE, "us"),),
        fingerprint=f"{prefix}{version}",
    )


def planned(session: Session, desired: Desired) -> Plan:
    observed = observe(session, named=desired.topics)
    found = plan(desired, observed)
    if found.wants_stakes:
        stakes = read_stakes(session, observed.topics, found.wants_stakes)
        found = plan(desired, dataclasses.replace(observed, stakes=stakes))
    assert not found.wants_stakes
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to make an example small would take minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=topics(), second=topics())
@example(
    first={"topic-0": (1, {"retention.ms": "-1"})}, second={"topic-0": (1, {"retention.ms": str(2**63 - 1)})}
)
def test_the_second_plan_has_no_change(
    kafka: KafkaServer, store: ObjectStore, first: dict[str, Any], second: dict[str, Any]
) -> None:
    from dataops.connections import Connection

    prefix = f"p{secrets.token_hex(4)}-"

    def secret(connection_id: str) -> Connection:
        return Connection(id=connection_id, password="hush")

    with session_with(kafka) as session:
        for version, wanted in enumerate((first, first | second), start=1):
            desired = declared(session, prefix, wanted, version)
            found = planned(session, desired)
            if version == 1:
                assert len(found.changes) == 2 * len(wanted) + 2 and not found.refusals
            for each in (found.safe, found.gated):
                report = carry_out(session, store, each, secrets=secret)
                assert set(results(report)) <= {Result.APPLIED}, reasons(report)
            again = planned(session, desired)
            assert again.changes == ()
            assert {each.resource for each in again.refusals} == {each.resource for each in found.refusals}
