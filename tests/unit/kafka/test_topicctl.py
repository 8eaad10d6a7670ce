"""A folder of topicctl becomes files that are valid here, and what has no counterpart is told."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from dataops.errors import ConfigurationError
from dataops.kafka.files.loading import check
from dataops.kafka.topicctl import Converted, NotTopicctl, convert, write

CLUSTER = """\
meta: {name: local-cluster, environment: stage, region: local, description: Test}
spec:
  bootstrapAddrs: ["broker:9092"]
  clusterID: ${CLUSTER}
  defaultThrottleMB: 20
  versionMajor: v2
"""
TOPICS = """\
# The first document is empty.
---
meta:
  {name: topic-default, cluster: local-cluster, environment: stage, region: local,
   description: "A topic\\n in two lines", labels: {team: x}, consumers: [a]}
spec:
  partitions: 3
  replicationFactor: 2
  retentionMinutes: 100
  placement: {strategy: cross-rack, picker: lowest-index}
  settings:
    cleanup.policy: delete
    follower.replication.throttled.replicas: ["1:3", "4:5"]
    max.message.bytes: 5542880
---
meta: {name: topic-static, cluster: local-cluster, environment: stage, region: local}
spec:
  partitions: 2
  replicationFactor: 2
  placement: {strategy: static, staticAssignments: [[1, 2], [2, 3]]}
---
meta: {name: topic-rack, cluster: local-cluster, environment: stage, region: local}
spec:
  partitions: 9
  replicationFactor: 2
  placement: {strategy: in-rack}
  settings: {cleanup.policy: [compact, delete]}
"""
ACLS = """\
meta: {name: acl, cluster: local-cluster, environment: stage, region: local}
spec:
  acls:
    - resource: {type: topic, name: test-topic, patternType: literal, principal: "User:default", host: "*",
                 permission: allow}
      operations: [Read, DescribeConfigs]
    - resource: {type: group, name: test-, patternType: prefixed, principal: "User:default", permission: deny}
      operations: [read]
    - resource: {type: transactionalId, name: tx, principal: "User:default"}
      operations: [write]
    - resource: {type: delegationToken, name: x, principal: "User:default"}
      operations: [describe]
    - resource: {type: topic, name: test-topic}
      operations: [read]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("cluster.yaml", CLUSTER), ("topics/all.yaml", TOPICS), ("acls/acl.yaml", ACLS)):
        path = tmp_path / "topicctl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "topicctl"


@pytest.fixture
def converted(folder: Path) -> Converted:
    return convert(folder, "shop", owner="shop-team", environment={"CLUSTER": "MkU3OEVBNTcwNTJENDM2Qg"})


def test_what_was_converted_is_valid_here(converted: Converted, tmp_path: Path) -> None:
    for path, text in converted.files.items():
        target = tmp_path / "include/kafka" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    report = check(tmp_path / "include", "local-cluster")
    assert report.problems == ()
    assert report.desired is not None
    assert report.desired.cluster.throttle == 20_000_000
    assert report.desired.cluster.cluster_id == "MkU3OEVBNTcwNTJENDM2Qg"
    topic = report.desired.topics["topic-default"]
    assert topic.configs == {
        "cleanup.policy": "delete",
        "max.message.bytes": "5542880",
        "retention.ms": "6000000",
    }
    assert (topic.partitions, topic.replication_factor, topic.placement) == (3, 2, "cross_rack")
    assert topic.description == "A topic in two lines"
    assert report.desired.topics["topic-static"].replicas == ((1, 2), (2, 3))
    assert report.desired.topics["topic-rack"].configs == {"cleanup.policy": "compact,delete"}
    assert sorted(str(each.acl) for each in report.desired.acls) == [
        "allow User:default describe_configs on topic test-topic",
        "allow User:default read on topic test-topic",
        "allow User:default write on transactional_id tx",
        "deny User:default read on group test-*",
    ]


def test_each_loss_is_told(converted: Converted) -> None:
    assert converted.notes == [
        "Create the connection kafka_local_cluster to broker:9092, with its TLS and SASL.",
        "topic-default: follower.replication.throttled.replicas is left out: a reassignment sets it itself.",
        "topic-default: labels have no counterpart: put what matters into the description.",
        "topic-default: consumers have no counterpart: put what matters into the description.",
        "topic-rack: the placement in-rack has no counterpart: Kafka places its replicas.",
        "acl.yaml: the binding on delegationToken x is left out: files cannot declare it.",
        "acl.yaml: the binding on topic test-topic is left out: it names no principal.",
        "topicctl leaves settings alone that no file names; here they are unset: see `dataops kafka plan`.",
    ]


def test_a_variable_that_is_not_set_is_told(folder: Path) -> None:
    found = convert(folder, "shop", environment={})
    assert "cluster.yaml: the variable CLUSTER is not set: it stays as it stands." in found.notes
    assert yaml.safe_load(found.files["local-cluster/cluster.yaml"])["cluster_id"].startswith("$")


@pytest.mark.parametrize("text", ["a: [", "- a\n", dedent("spec: {}\n")])
def test_a_file_that_is_none_of_topicctls_is_told_by_name(folder: Path, text: str) -> None:
    (folder / "topics/bad.yaml").write_text(text)
    with pytest.raises(NotTopicctl, match=r"bad\.yaml is no"):
        convert(folder, "shop", environment={})


def test_a_folder_without_a_cluster_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotTopicctl, match="name the folder of one cluster"):
        convert(tmp_path, "shop")


def test_files_are_written_once_and_a_cluster_of_ours_stays(converted: Converted, tmp_path: Path) -> None:
    ours = tmp_path / "kafka/local-cluster/cluster.yaml"
    ours.parent.mkdir(parents=True)
    ours.write_text("cluster: ours\n")
    (written,) = write(converted, tmp_path)
    assert written == tmp_path / "kafka/local-cluster/topics/shop.yaml"
    assert written.read_text() == converted.files["local-cluster/topics/shop.yaml"]
    assert ours.read_text() == "cluster: ours\n"
    assert any(str(ours) in note for note in converted.notes)
    written.write_text("team: shop\n")
    with pytest.raises(ConfigurationError, match="exists: choose another team"):
        write(converted, tmp_path)
    assert written.read_text() == "team: shop\n"
