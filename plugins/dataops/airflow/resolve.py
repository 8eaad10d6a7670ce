"""Connections as Airflow keeps them: environment, secrets backend or metadata database."""

from __future__ import annotations

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from dataops.connections import Connection
from dataops.errors import ConfigurationError


def resolve(connection_id: str) -> Connection:
    """The connection of this id, its password masked in every log.

    Raises ``ConfigurationError`` where there is none.
    """
    try:
        found = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException as error:
        raise ConfigurationError(
            f"Connection {connection_id!r} does not exist: create it under Admin, Connections, "
            f"or set AIRFLOW_CONN_{connection_id.upper()}."
        ) from error
    if found.password:
        mask_secret(found.password)
    return Connection(
        id=connection_id,
        type=found.conn_type or "",
        host=found.host or "",
        port=found.port,
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        extra=found.extra_dejson,
    )
