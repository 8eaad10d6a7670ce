"""What librdkafka reports while it tries to connect, as one sentence that says what to correct."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dataops.errors import DataOpsError
from dataops.kafka.cluster.errors import ClusterRefused, ClusterUnreachable
from dataops.kafka.cluster.login import Login

if TYPE_CHECKING:
    from confluent_kafka import KafkaError


def is_final(trouble: KafkaError) -> bool:
    """Whether another try would fail the same way: the login or TLS is wrong."""
    return trouble.name() in {"_AUTHENTICATION", "_SSL"} or _is_wrong_protocol(trouble) or _is_tls(trouble)


def explain(way: Login, troubles: Sequence[KafkaError]) -> DataOpsError:
    """The error that says why nobody can be reached, without any secret."""
    where = f"the broker at {way.bootstrap} (connection {way.connection_id!r})"
    final = next((trouble for trouble in troubles if is_final(trouble)), None)
    if final is None:
        return _unreachable(way, where, troubles)
    reason = _reason(way, final)
    if final.name() == "_AUTHENTICATION":
        who = f"{way.user!r} " if way.user else ""
        said = f"does not accept the login {who}by {way.mechanism}: correct it in the connection"
    elif not _is_wrong_protocol(final):
        said = f"is not trusted or does not speak TLS with us ({reason}): correct the ssl properties"
    else:
        said = f"does not speak {way.protocol} ({reason}): correct security.protocol"
    return ClusterRefused(f"{where[0].upper()}{where[1:]} {said}. Nothing was changed.")


def _unreachable(way: Login, where: str, troubles: Sequence[KafkaError]) -> DataOpsError:
    """librdkafka does not tell of a broker that hangs up on plain text: whether one listens is looked at."""
    if _listens(way.bootstrap):
        return ClusterUnreachable(
            f"Something listens at {way.bootstrap} (connection {way.connection_id!r}), but does not answer "
            f"in {way.protocol}: correct security.protocol, or wait until the broker has started. Nothing "
            "was changed."
        )
    told = [trouble for trouble in troubles if trouble.name() != "_ALL_BROKERS_DOWN"]
    said = f": {_reason(way, told[-1])}" if told else ""
    return ClusterUnreachable(
        f"Could not reach {where}{said}. See whether it is up and reachable from here, then run again. "
        "Nothing was changed."
    )


def _listens(bootstrap: str) -> bool:
    for place in bootstrap.split(","):
        host, _, port = place.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=0.5).close()
        except (OSError, ValueError):
            continue
        return True
    return False


def _is_wrong_protocol(trouble: KafkaError) -> bool:
    text = trouble.str()
    return any(hint in text for hint in ("connecting to a SSL listener", "connecting to a PLAINTEXT"))


def _is_tls(trouble: KafkaError) -> bool:
    """Whether the broker ended TLS with an alert, such as for a certificate that it wants and misses."""
    return "SSL routines" in trouble.str()


def _reason(way: Login, trouble: KafkaError) -> str:
    """The middle of such as ``ssl://host:1/bootstrap: SSL handshake failed: … (after 3ms in state …)``."""
    text = trouble.str().split(" (after ")[0]
    _, slashes, rest = text.partition("://")
    if slashes:
        text = rest.partition(": ")[2] or text
    for secret in way.secrets:
        text = text.replace(secret, "…")
    return " ".join(text.split())[:200].rstrip(".:")
