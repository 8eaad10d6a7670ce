"""What AWS says of instances and clusters, read without AWS; a refusal is told apart from silence."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from dataops.failover.aws import AwsRefused, asked
from dataops.failover.drivers.aurora.cluster import cluster_of
from dataops.failover.drivers.driver import OutcomeUnknown
from dataops.failover.drivers.rds.instance import instance_of


def test_an_instance_says_its_source_by_name_also_across_regions() -> None:
    said: dict[str, Any] = {"DBInstanceIdentifier": "beta", "DBInstanceStatus": "available"}
    assert not instance_of(said).source
    source = {"ReadReplicaSourceDBInstanceIdentifier": "arn:aws:rds:eu-west-1:1:db:alpha"}
    assert instance_of({**said, **source}).source == "alpha"
    assert instance_of({**said, "ReadReplicaSourceDBInstanceIdentifier": "alpha"}).source == "alpha"


def test_security_groups_count_once_they_and_no_others_are_active() -> None:
    def groups(**states: str) -> Any:
        listed = [{"VpcSecurityGroupId": name, "Status": state} for name, state in states.items()]
        return instance_of({"DBInstanceIdentifier": "alpha", "VpcSecurityGroups": listed})

    fence = frozenset({"nobody"})
    assert groups(nobody="active").shut_by(fence)
    assert not groups(nobody="adding").shut_by(fence)
    assert not groups(nobody="active", app="removing").shut_by(fence)
    assert not groups().shut_by(fence)


def test_a_cluster_has_one_writer_and_may_have_none() -> None:
    member = {"DBInstanceIdentifier": "alpha", "IsClusterWriter": True}
    said = {
        "DBClusterIdentifier": "shop",
        "Engine": "aurora-postgresql",
        "DBClusterMembers": [member, {"DBInstanceIdentifier": "beta", "IsClusterWriter": False}],
    }
    assert (cluster_of(said).writer, cluster_of(said).members) == ("alpha", ("alpha", "beta"))
    assert cluster_of(said).is_aurora
    assert not cluster_of({**said, "Engine": "postgres"}).is_aurora
    assert not cluster_of({"DBClusterIdentifier": "shop"}).writer


def test_a_refusal_is_told_apart_from_an_answer_that_was_lost() -> None:
    def failing(error: Exception) -> None:
        raise error

    def says(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": "so it is."}}, "RebootDBInstance")

    with pytest.raises(
        AwsRefused, match="Rebooting: AWS refused: InvalidDBInstanceState: so it is"
    ) as raised:
        asked("Rebooting", lambda: failing(says("InvalidDBInstanceState")))
    assert raised.value.code == "InvalidDBInstanceState"
    with pytest.raises(OutcomeUnknown, match="Throttling"):
        asked("Rebooting", lambda: failing(says("Throttling")))
    with pytest.raises(OutcomeUnknown, match="EndpointConnectionError"):
        asked("Rebooting", lambda: failing(EndpointConnectionError(endpoint_url="http://x")))
