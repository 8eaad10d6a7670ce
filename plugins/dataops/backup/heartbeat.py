"""The heartbeat: a call to a service outside, which raises the alarm when it is missed."""

from __future__ import annotations

import logging
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dataops.connections import Connection
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.evidence.checking import Seen
from dataops.platform import Platform

CONNECTION = "dataops_heartbeat"
SECONDS = 10

log = logging.getLogger(__name__)


def beat(platform: Platform) -> Seen | None:
    """Call the heartbeat's address; None where no connection names one."""
    try:
        connection = platform.connection(CONNECTION)
    except ConfigurationError:
        return None
    try:
        with urlopen(Request(_address(connection), method="GET"), timeout=SECONDS) as answer:
            status = int(answer.status)
    except (URLError, TimeoutError, OSError) as error:
        # The address may hold a token: only the connection is named.
        raise InconclusiveError(
            f"The heartbeat of connection {CONNECTION} could not be called: {type(error).__name__}."
        ) from None
    return Seen(200 <= status < 300, f"HTTP {status}")


def _address(connection: Connection) -> str:
    """The connection's address: its host may be a whole URL, as Airflow's HTTP connections allow."""
    base = connection.host if "://" in connection.host else f"{connection.type}://{connection.host}"
    url = urlsplit(base)
    if url.scheme not in {"http", "https"}:
        url = url._replace(scheme=connection.schema or "https")
    port = f":{connection.port}" if connection.port and url.port is None else ""
    path = url.path or connection.extra.get("path", "")
    return url._replace(netloc=url.netloc + port, path=path).geturl()
