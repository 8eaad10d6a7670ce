"""What is imported from a cluster plans to no change on it, whatever the cluster and its defaults are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from dataops.kafka.desired import Acl, Entity
from dataops.kafka.files.loading import check, defaults_of
from dataops.kafka.importing import imported
from dataops.kafka.observed import ObservedCluster, ObservedUser, Partition
from dataops.kafka.planning import plan
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kafka.builders import cluster, observed, there
from tests.unit.kafka.conftest import CLUSTER
from tests.unit.kafka.strategies import observed_clusters

DEFAULTS = (
    "",
    "defaults: {partitions: 3, configs: {retention.ms: 7d, cleanup.policy: compact}}\n",
    "defaults: {placement: cross_rack, ignore_configs: [segment.ms], configs: {preallocate: true}}\n",
    "acls: authoritative\n",
)
ACLS = (
    Acl("TOPIC", "flights.a", "User:a", "READ"),
    Acl("TOPIC", "flights.a", "User:a", "DESCRIBE_CONFIGS"),
    Acl("TOPIC", "flights.a", "User:b", "WRITE", "DENY", host="10.0.0.1"),
    Acl("TOPIC", "flights.", "User:a", "ALL", pattern="PREFIXED"),
    Acl("TOPIC", "*", "User:*", "DESCRIBE"),
    Acl("GROUP", "reports", "User:CN=a,O=b", "READ"),
    Acl("CLUSTER", "kafka-cluster", "User:a", "IDEMPOTENT_WRITE"),
    Acl("DELEGATION_TOKEN", "x", "User:a", "DESCRIBE"),
)


def taken(reading: ObservedCluster, more: str = "", **values: Any) -> tuple[str, list[str], ObservedCluster]:
    """The imported text, the notes, and the reading; it is checked that the plan is empty."""
    with TemporaryDirectory() as folder:
        include = Path(folder) / "include"
        (include / "kafka/main/topics").mkdir(parents=True)
        (include / "kafka/main/cluster.yaml").write_text(CLUSTER + more)
        found = imported(reading, cluster(), "flights", defaults=defaults_of(include, "main"), **values)
        (include / "kafka/main/topics/flights.yaml").write_text(found.text)
        report = check(include, "main")
        if found.topics == 0:
            return found.text, found.notes, reading
        assert report.desired is not None, [str(problem) for problem in report.problems]
        made = plan(report.desired, reading)
        assert (made.changes, made.refusals) == ((), ())
        assert len(report.desired.topics) == found.topics
    return found.text, found.notes, reading


@given(
    observed_clusters(uneven=True),
    st.sampled_from(DEFAULTS),
    st.lists(st.sampled_from(ACLS), unique=True),
    st.dictionaries(
        st.sampled_from([
            Entity(user="bob"),
            Entity(client_id=""),
            Entity(user="", client_id="x"),
            Entity(ip="10.0.0.1"),
        ]),
        st.sampled_from([{"producer_byte_rate": 5.0}, {"connection_creation_rate": 20.0}, {"unknown": 1.0}]),
    ),
)
@settings(max_examples=60, deadline=None)
def test_what_is_imported_plans_to_no_change(
    reading: ObservedCluster, defaults: str, acls: list[Acl], quotas: dict[Entity, dict[str, float]]
) -> None:
    fitting = {
        entity: limits
        for entity, limits in quotas.items()
        if (entity.ip is not None) == ("connection_creation_rate" in limits)
    }
    users = (ObservedUser("bob", "SCRAM-SHA-512", 4096), ObservedUser("eve", "SCRAM-SHA-256", 16384))
    taken(replace(reading, acls=frozenset(acls), quotas=fitting, users=users), defaults)


def test_the_text_is_what_a_person_would_write() -> None:
    text, notes, _ = taken(
        observed(
            there("flights.a", configs={"retention.ms": "604800000", "cleanup.policy": "compact,delete"}),
            there("flights.b", partitions=1),
            there("__consumer_offsets", internal=True),
            there("connect-offsets"),
            acls=frozenset(ACLS),
            users=(ObservedUser("bob", "SCRAM-SHA-512", 8192),),
            quotas={Entity(user="bob"): {"producer_byte_rate": 1000.0}},
        ),
        "defaults: {partitions: 1, replication_factor: 3}\n",
    )
    assert text.splitlines()[:16] == [
        "# yaml-language-server: $schema=../../../schemas/kafka-topics.schema.json",
        "team: flights",
        "topics:",
        "  flights.a:",
        "    partitions: 3",
        "    configs:",
        "      cleanup.policy: compact,delete",
        "      retention.ms: 604800000",
        "    acls:",
        "    - principal: User:a",
        "      operations: [describe_configs, read]",
        "    - principal: User:b",
        "      operations: [write]",
        "      permission: deny",
        "      host: 10.0.0.1",
        "  flights.b: null",
    ]
    assert yaml.safe_load(text)["users"] == {
        "bob": {"secret": "kafka_user_bob", "version": 1, "mechanism": "SCRAM-SHA-512", "iterations": 8191}
    }
    assert notes == [
        "Bindings of the kind delegation_token are left out: files cannot declare them.",
        "Passwords cannot be read: put those of the users into the connections that are named.",
    ]


def test_topics_are_chosen_by_globs_and_declared_ones_left_out() -> None:
    reading = observed(there("flights.a"), there("flights.b"), there("ships"))
    text, _, _ = taken(reading, patterns=("flights.*",), besides=frozenset({"flights.b"}))
    assert list(yaml.safe_load(text)["topics"]) == ["flights.a"]


@pytest.mark.parametrize("known", [(), ("confluent.*",)])
def test_configs_that_only_this_cluster_knows_are_left_to_themselves(known: tuple[str, ...]) -> None:
    reading = observed(there("flights.a", configs={"confluent.tier.enable": "true"}))
    more = f"other_configs: {list(known)}\n" if known else ""
    text, notes, _ = taken(reading, more)
    assert ("ignore_configs" in text, bool(notes)) == ((False, False) if known else (True, True))


def test_replicas_that_no_number_describes_are_named() -> None:
    placed = (Partition(0, 1, (1, 2), (1, 2)), Partition(1, 2, (2,), (2,)))
    text, notes, _ = taken(observed(there("flights.a", placed=placed)))
    assert yaml.safe_load(text)["topics"]["flights.a"] == {"replicas": [[1, 2], [2]]}
    assert notes == ["flights.a has partitions with different numbers of replicas."]


def test_what_is_hidden_is_told() -> None:
    _, notes, _ = taken(observed(there("flights.a"), hidden={"flights.x": "not authorised"}))
    assert notes == ["flights.x is hidden from us: not authorised"]
