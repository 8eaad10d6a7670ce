"""The AWS API: clients by a connection, and its refusals as one sentence each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from dataops.connections import Connection
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown

T = TypeVar("T")

_MAKING = threading.Lock()
"""Held while a client is made: a session of boto3 is not thread-safe, a client is (boto3 guide, Clients)."""
_TRANSIENT = frozenset((
    "InternalFailure",
    "InternalError",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "PriorRequestNotComplete",
))
"""Codes that do not say whether the deed was done (AWS, "Common errors"; Route 53, "Throttling")."""


class AwsRefused(DriverFailed):
    """AWS refused a call. ``code`` is its own, such as ``InvalidDBInstanceState``."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def client(connection: Connection, service: str, region: str | None) -> Any:
    """boto3's client; without a login the worker's own role is used, as boto3 finds it.

    ``extra``: region_name, endpoint_url, aws_session_token. Bounded: an API that does not answer within
    seconds is tried three times, and then counts as silent.
    """
    from botocore.config import Config

    with _MAKING:
        return _session().client(
            service,
            region_name=region or connection.extra.get("region_name"),
            aws_access_key_id=connection.login or None,
            aws_secret_access_key=connection.password or None,
            aws_session_token=connection.extra.get("aws_session_token"),
            endpoint_url=connection.extra.get("endpoint_url"),
            config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3}),
        )


@cache
def _session() -> Any:
    """One for all clients: reading AWS's description of a service anew costs more than a call."""
    from boto3.session import Session

    return Session()


def asked(doing: str, call: Callable[[], T]) -> T:
    """What the call answers. ``AwsRefused`` where AWS says no, ``OutcomeUnknown`` where nobody can tell."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        code, said = str(told.get("Code", "")), str(told.get("Message", "")).rstrip(".")
        if code in _TRANSIENT:
            raise OutcomeUnknown(f"{doing}: AWS answered {code}: {said}.") from None
        raise AwsRefused(f"{doing}: AWS refused: {code}: {said}.", code=code) from None
    except (BotoCoreError, ResponseParserError) as error:
        raise OutcomeUnknown(f"{doing}: AWS could not be asked: {type(error).__name__}.") from None
