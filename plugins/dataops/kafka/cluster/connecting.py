"""One session with a cluster that is known to be the right one."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.kafka.cluster.errors import ClusterRefused
from dataops.kafka.cluster.login import Login, login
from dataops.kafka.cluster.troubles import explain, is_final
from dataops.kafka.cluster.wire import Wire

if TYPE_CHECKING:
    from confluent_kafka import KafkaError
    from confluent_kafka.admin import AdminClient

log = logging.getLogger(__name__)

PATIENCE = 8.0
"""Seconds until a cluster that does not answer is out of reach."""


@dataclass
class Session:
    """A cluster that answers, whose id was compared with the pinned one.

    ``wire`` sends what confluent-kafka's client cannot: reassignments, quotas, log directories, and readings
    of thousands of topics in one request. Neither shows a secret in a log.
    """

    login: Login
    cluster_id: str
    client: AdminClient = field(repr=False)
    patience: float = PATIENCE

    @property
    def admin(self) -> AdminClient:
        """confluent-kafka's client; on this occasion it renews a token that is about to expire."""
        self.client.poll(0)
        return self.client

    @cached_property
    def wire(self) -> Wire:
        return Wire.connect(self.login, self.patience)

    def close(self) -> None:
        """End both clients, here and now: librdkafka aborts the process that ends one in a thread of its own.

        That is where Python's collector of garbage may happen to run, so none may be left to it.
        """
        if "wire" in self.__dict__:
            self.wire.close()
        del self.client


@contextmanager
def connect(
    connection: Connection, cluster_id: str | None, *, patience: float = PATIENCE
) -> Generator[Session]:
    """The session with the cluster behind the connection; ``cluster_id`` is the one that the files pin.

    None for it is only for finding the id out. Nothing is asked of the cluster before its id was compared.
    Raises ``ClusterRefused`` (connection, login, TLS, another cluster) or ``ClusterUnreachable``, within
    ``patience`` and a second.
    """
    session = _open(login(connection), patience)
    try:
        if cluster_id is not None and session.cluster_id != cluster_id:
            raise ClusterRefused(
                f"The connection {connection.id!r} leads to the cluster {session.cluster_id}, but the files "
                f"pin {cluster_id}: correct the connection or cluster.yaml. Nothing was read or changed."
            )
        yield session
    finally:
        session.close()


def _open(way: Login, patience: float) -> Session:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    deadline = time.monotonic() + patience
    troubles: deque[KafkaError] = deque(maxlen=100)
    if way.tokens is not None:
        way.tokens()  # a provider that gives no token is told apart from a broker that takes none
    try:
        config: dict[str, Any] = {**_hasty(patience), **way.librdkafka(), "error_cb": troubles.append}
        admin = AdminClient(config)
    except (KafkaException, TypeError, ValueError) as error:
        raise ClusterRefused(
            f"The connection {way.connection_id!r} has a property that librdkafka does not take: "
            f"{_without_value(error)}."
        ) from None
    try:
        future = admin.describe_cluster(request_timeout=patience)
        while not future.done() and time.monotonic() < deadline:
            admin.poll(0.05)
            if any(is_final(trouble) for trouble in troubles):
                break
        if future.done() and future.exception() is None:
            found = str(future.result().cluster_id)
            log.info("kafka: connected to cluster %s by connection %s", found, way.connection_id)
            return Session(way, found, admin, patience)
    finally:
        del admin  # not left to the frame, which an error's traceback keeps (see Session.close)
    raise explain(way, troubles)


def _hasty(patience: float) -> dict[str, Any]:
    return {
        "socket.connection.setup.timeout.ms": max(1000, int(patience * 1000)),
        "reconnect.backoff.max.ms": 1000,
        "topic.metadata.refresh.interval.ms": -1,
    }


def _without_value(error: BaseException) -> str:
    """What librdkafka says of a property, up to its value, which may be a secret."""
    text = str(error.args[0].str() if error.args and hasattr(error.args[0], "str") else error)
    return text.split(" value ", 1)[0].split(":", maxsplit=1)[0] if " value " in text else text.rstrip(".")
