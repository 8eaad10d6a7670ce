"""boto3's client for a connection. Retries are ours (``retrying``), so that they are bounded and told."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.store.errors import StoreRefused
from dataops.store.tls import share_safely

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client

_MAKING = threading.Lock()
"""Held while a client is made: a session of boto3 is not thread-safe, a client is (boto3 guide, Clients)."""


def s3_client(connection: Connection, *, read_timeout: float = 60) -> S3Client:
    """A thread-safe S3 client. Without login and password, credentials come from AWS's own chain.

    ``extra``: endpoint_url, region_name, verify (path of a CA file, or false), addressing_style,
    session_token. Raises ``StoreRefused`` where ``verify`` names a file that is not there.
    """
    from botocore.config import Config

    extra = connection.extra
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": extra.get("addressing_style", "auto")},
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        max_pool_connections=16,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _MAKING:
        client = _session().client(
            "s3",
            endpoint_url=extra.get("endpoint_url") or None,
            region_name=extra.get("region_name") or None,
            verify=_verify(connection),
            aws_access_key_id=connection.login or None,
            aws_secret_access_key=connection.password or None,
            aws_session_token=extra.get("session_token") or None,
            config=config,
        )
    share_safely(client)
    return client


@cache
def _session() -> Session:
    """One for all clients: reading AWS's description of S3 anew costs more than a small request."""
    from boto3.session import Session

    return Session()


def _verify(connection: Connection) -> Any:
    verify = connection.extra.get("verify")
    if verify is None or isinstance(verify, bool):
        return verify
    if str(verify).lower() in {"true", "false"}:
        return str(verify).lower() == "true"
    if not Path(verify).is_file():
        raise StoreRefused(
            f"The CA file {verify} does not exist: correct 'verify' in the connection {connection.id}."
        )
    return str(verify)
