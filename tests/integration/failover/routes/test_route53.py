"""A DNS record as the route: led to another node, its other fields kept, and refused where it cannot lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError
from dataops.failover.aws import AwsRefused
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.routes.choosing import client_route
from dataops.failover.routes.route53 import Route53Route

from tests.integration.failover.aws import api
from tests.unit.failover.builders import failover

NAME = "db.shop.internal"


@pytest.fixture
def zone(aws: Connection) -> str:
    """A new hosted zone with the record at alpha."""
    made = api(aws, "route53").create_hosted_zone(Name="shop.internal", CallerReference=str(id(object())))
    identifier = str(made["HostedZone"]["Id"]).rpartition("/")[2]
    put(aws, identifier, {"Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.0.5"}]})
    return identifier


def put(aws: Connection, zone: str, record: dict[str, Any]) -> None:
    change = {"Action": "UPSERT", "ResourceRecordSet": {"Name": NAME, **record}}
    api(aws, "route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def connections(aws: Connection, **changes: Connection) -> Resolve:
    known = {
        "main_alpha": Connection("main_alpha", type="postgres", host="10.0.0.5", port=5432),
        "main_beta": Connection("main_beta", type="postgres", host="10.0.0.6", port=5432),
        "main_route": Connection("main_route", type="postgres", host=NAME),
        "aws": aws,
        **changes,
    }
    return known.__getitem__


def route(aws: Connection, zone: str, **changes: Connection) -> Route53Route:
    said = {"kind": "route53", "connection": "main_route", "control": "aws", "zone": zone, "record": NAME}
    found = client_route(failover(route=said), connections(aws, **changes))
    assert isinstance(found, Route53Route)
    return found


def test_the_record_leads_to_the_new_primary_and_keeps_its_other_fields(aws: Connection, zone: str) -> None:
    led = route(aws, zone)
    assert led.record().values == ("10.0.0.5",)
    led.lead("beta")
    led.lead("beta")
    assert led.record().values == ("10.0.0.6",)
    assert (led.record().kind, led.record().ttl) == ("A", 5)
    assert led.connection().host == NAME
    assert led.tell("beta").commands == (f"route53 UPSERT {NAME}. in {zone}: value 10.0.0.6",)


def test_names_go_into_a_cname_and_addresses_do_not(aws: Connection, zone: str) -> None:
    api(aws, "route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "DELETE",
                    "ResourceRecordSet": {
                        "Name": NAME,
                        "Type": "A",
                        "TTL": 5,
                        "ResourceRecords": [{"Value": "10.0.0.5"}],
                    },
                }
            ]
        },
    )
    put(aws, zone, {"Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": "alpha.shop.internal"}]})
    beta = Connection("main_beta", type="postgres", host="beta.shop.internal", port=5432)
    led = route(aws, zone, main_beta=beta)
    led.lead("beta")
    assert led.record().values == ("beta.shop.internal",)
    with pytest.raises(DriverFailed, match=r"type CNAME, and alpha is reached at 10\.0\.0\.5"):
        led.lead("alpha")


def test_a_record_that_is_missing_or_an_alias_is_refused(aws: Connection, zone: str) -> None:
    said = {"kind": "route53", "connection": "main_route", "control": "aws", "zone": zone}
    other = client_route(failover(route={**said, "record": "other.shop.internal"}), connections(aws))
    with pytest.raises(DriverFailed, match="it has none"):
        other.lead("beta")
    put(
        aws,
        zone,
        {
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": zone,
                "DNSName": "elsewhere.shop.internal",
                "EvaluateTargetHealth": False,
            },
        },
    )
    with pytest.raises(DriverFailed, match="A alias"):
        route(aws, zone).lead("beta")


def test_a_zone_that_is_not_there_and_an_api_that_is_silent_are_told_apart(aws: Connection) -> None:
    with pytest.raises(AwsRefused, match="NoSuchHostedZone"):
        route(aws, "Z0000000").lead("beta")
    silent = replace(aws, extra={**aws.extra, "endpoint_url": "http://127.0.0.1:1"})
    with pytest.raises(OutcomeUnknown, match="could not be asked"):
        route(silent, "Z0000000").lead("beta")


def test_a_change_that_does_not_spread_is_an_unknown_outcome(
    aws: Connection, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = {"beta": Connection("main_beta", host="10.0.0.6")}
    led = Route53Route(Connection("r", host=NAME), aws, zone=zone, name=NAME, nodes=nodes, spread=0)
    pending = {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING"}}
    monkeypatch.setattr(led._api, "change_resource_record_sets", lambda **_: pending)
    monkeypatch.setattr(led._api, "get_change", lambda **_: pending)
    with pytest.raises(OutcomeUnknown, match="not yet on every server"):
        led.lead("beta")


@pytest.mark.parametrize("missing", ["control", "zone", "record"])
def test_what_is_missing_is_named(aws: Connection, missing: str) -> None:
    said = {"kind": "route53", "connection": "main_route", "control": "aws", "zone": "Z1", "record": NAME}
    del said[missing]
    with pytest.raises(ConfigurationError, match=f"route.{missing} is missing"):
        client_route(failover(route=said), connections(aws))


def test_nodes_on_different_ports_cannot_be_led_to_by_name(aws: Connection) -> None:
    beta = Connection("main_beta", type="postgres", host="10.0.0.6", port=5433)
    with pytest.raises(ConfigurationError, match="5432, 5433"):
        route(aws, "Z1", main_beta=beta)
