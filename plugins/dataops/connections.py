"""Connections by id, without Airflow: from ``AIRFLOW_CONN_<ID>``, as URI or JSON, as Airflow reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dataops.errors import ConfigurationError


@dataclass(frozen=True)
class Connection:
    """Where something is and how to log in. ``repr`` shows no secret."""

    id: str
    type: str = ""
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


Resolve = Callable[[str], Connection]
"""From a connection id to the connection; raises ``ConfigurationError`` where there is none."""


def from_environment(connection_id: str) -> Connection:
    """The connection that ``AIRFLOW_CONN_<ID>`` holds, as URI or as JSON."""
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    text = os.environ.get(variable)
    if not text:
        raise ConfigurationError(
            f"Connection {connection_id!r} does not exist: set {variable}, or create it in Airflow."
        )
    try:
        return (
            _from_json(connection_id, text)
            if text.lstrip().startswith("{")
            else _from_uri(connection_id, text)
        )
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"Connection {connection_id!r} in {variable} cannot be read: neither a URI nor a JSON object."
        ) from error


def _from_json(connection_id: str, text: str) -> Connection:
    parts = json.loads(text)
    extra = parts.get("extra") or {}
    return Connection(
        id=connection_id,
        type=parts.get("conn_type", ""),
        host=parts.get("host") or "",
        port=int(parts["port"]) if parts.get("port") else None,
        login=parts.get("login") or "",
        password=parts.get("password") or "",
        schema=parts.get("schema") or "",
        extra=json.loads(extra) if isinstance(extra, str) else extra,
    )


def _from_uri(connection_id: str, text: str) -> Connection:
    uri = urlsplit(text)
    query = dict(parse_qsl(uri.query, keep_blank_values=True))
    extra = json.loads(query["__extra__"]) if "__extra__" in query else query
    return Connection(
        id=connection_id,
        type=uri.scheme.replace("-", "_"),
        host=unquote(uri.hostname or ""),
        port=uri.port,
        login=unquote(uri.username or ""),
        password=unquote(uri.password or ""),
        schema=unquote(uri.path.removeprefix("/")),
        extra=extra,
    )
