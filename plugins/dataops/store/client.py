"""boto3's client for a connection. Retries are ours (``retrying``), so that they are bounded and told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.store.errors import StoreRefused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def s3_client(connection: Connection, *, read_timeout: float = 60) -> S3Client:
    """A thread-safe S3 client. Without login and password, credentials come from AWS's own chain.

    ``extra``: endpoint_url, region_name, verify (path of a CA file, or false), addressing_style,
    session_token. Raises ``StoreRefused`` where ``verify`` names a file that is not there.
    """
    from boto3.session import Session
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
    return Session().client(  # boto3.client() shares one session, which is not thread-safe
        "s3",
        endpoint_url=extra.get("endpoint_url") or None,
        region_name=extra.get("region_name") or None,
        verify=_verify(connection),
        aws_access_key_id=connection.login or None,
        aws_secret_access_key=connection.password or None,
        aws_session_token=extra.get("session_token") or None,
        config=config,
    )


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
