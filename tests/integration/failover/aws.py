"""AWS in tests: moto as a server of its own, so that everything else stays real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from dataops.connections import Connection
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[Connection]:
    """The AWS connection, as a capability gets it."""
    served = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    _, port = served.get_host_and_port()
    yield Connection(
        "aws",
        type="aws",
        login="AKIA",
        password="canary",
        extra={"endpoint_url": f"http://127.0.0.1:{port}", "region_name": REGION},
    )
    served.stop()


def api(aws: Connection, service: str) -> Any:
    """boto3's own client, to arrange and to look."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws.extra["endpoint_url"],
        aws_access_key_id=aws.login,
        aws_secret_access_key=aws.password,
    )
