"""Every way into a cluster, and every way to fail: one sentence within 10 s, without any secret."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from dataops.connections import Connection, from_environment
from dataops.errors import DataOpsError
from dataops.kafka.cluster.connecting import connect
from dataops.kafka.cluster.errors import ClusterRefused, ClusterUnreachable
from dataops.kafka.cluster.observing import observe

from sandbox.ports import LOOPBACK, free_port
from tests.integration.kafka.broker import PASSWORD, KafkaServer


def token(config: str = "") -> tuple[str, float]:
    """An unsecured token, such as a broker takes that validates nothing."""
    now = time.time()
    parts = ({"alg": "none"}, {"sub": "oauth", "iat": now, "exp": now + 3600})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{'.'.join(encoded)}.", now + 3600


@pytest.fixture
def identity_provider() -> Iterator[str]:
    """Gives a token to the client ``us`` with the secret ``hush``."""
    right = base64.b64encode(b"us:hush").decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            known = self.headers["Authorization"] == f"Basic {right}"
            self.send_response(200 if known else 401)
            self.end_headers()
            if known:
                self.wfile.write(json.dumps({"access_token": token()[0], "expires_in": 3600}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{LOOPBACK}:{server.server_port}/token"
    server.shutdown()


OAUTH = {"security__protocol": "SASL_PLAINTEXT", "sasl__mechanism": "OAUTHBEARER"}


def oidc(url: str, secret: str) -> dict[str, str]:
    return {
        **OAUTH,
        "sasl__oauthbearer__method": "oidc",
        "sasl__oauthbearer__token__endpoint__url": url,
        "sasl__oauthbearer__client__id": "us",
        "sasl__oauthbearer__client__secret": secret,
    }


def works(server: KafkaServer, connection: Connection) -> None:
    """Both clients get in and read."""
    with connect(connection, server.cluster_id) as session:
        assert observe(session).cluster_id == server.cluster_id


def test_the_ways_in(kafka: KafkaServer, identity_provider: str) -> None:
    leaf = kafka.authority.issue("client")
    mutual = {
        "security__protocol": "SSL",
        "ssl__ca__location": str(kafka.authority.ca_file),
        "ssl__certificate__location": str(leaf.cert_file),
        "ssl__key__location": str(leaf.key_file),
    }
    works(kafka, kafka.connection("PLAIN"))
    works(kafka, kafka.connection("SASL"))
    works(kafka, kafka.connection("SASL", sasl__mechanism="PLAIN"))
    works(kafka, kafka.connection("TLS"))
    works(kafka, kafka.connection("MUTUAL", **mutual))
    works(kafka, kafka.connection("OAUTH", **OAUTH, oauth_cb=f"{__name__}.token"))
    works(kafka, kafka.connection("OAUTH", **oidc(identity_provider, "hush")))


def test_host_login_and_password_of_the_connection_are_enough(
    kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256"}
    parts = {
        "conn_type": "kafka",
        "host": LOOPBACK,
        "port": kafka.nodes[0].ports["SASL"],
        "login": "admin",
        "password": PASSWORD,
        "extra": extra,
    }
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_MAIN", json.dumps(parts))
    works(kafka, from_environment("kafka_main"))


Make = Callable[[KafkaServer], Connection]

WRONG: dict[str, tuple[Make, type[DataOpsError], str]] = {
    "password": (
        lambda kafka: kafka.connection("SASL", sasl__password="not-this-one"),
        ClusterRefused,
        "does not accept the login 'admin' by SCRAM-SHA-256",
    ),
    "mechanism": (
        lambda kafka: kafka.connection("SASL", sasl__mechanism="SCRAM-SHA-512"),
        ClusterRefused,
        "does not accept the login",
    ),
    "nobody there": (
        lambda kafka: kafka.connection(bootstrap__servers=f"{LOOPBACK}:{free_port()}"),
        ClusterUnreachable,
        "Could not reach the broker",
    ),
    "no such host": (
        lambda kafka: kafka.connection(bootstrap__servers="no-such-host.invalid:9092"),
        ClusterUnreachable,
        "Could not reach the broker at no-such-host.invalid:9092",
    ),
    "unknown authority": (
        lambda kafka: kafka.connection("TLS", ssl__ca__location=""),
        ClusterRefused,
        "certificate verify failed",
    ),
    "no client certificate": (
        lambda kafka: kafka.connection(
            "MUTUAL", security__protocol="SSL", ssl__ca__location=str(kafka.authority.ca_file)
        ),
        ClusterRefused,
        "TLS",
    ),
    "plain text to a TLS port": (
        lambda kafka: kafka.connection("TLS", security__protocol="SASL_PLAINTEXT"),
        ClusterUnreachable,
        "does not answer in SASL_PLAINTEXT: correct security.protocol",
    ),
    "TLS to a plain port": (
        lambda kafka: kafka.connection("PLAIN", security__protocol="SSL"),
        ClusterRefused,
        "SSL",
    ),
    "no CA file": (
        lambda kafka: kafka.connection("TLS", ssl__ca__location="/no/such/file.pem"),
        ClusterRefused,
        "ssl.ca.location",
    ),
    "misspelt property": (
        lambda kafka: kafka.connection("SASL", sasl__passwort="hidden-secret"),
        ClusterRefused,
        "sasl.passwort",
    ),
    "bad value": (
        lambda kafka: kafka.connection("PLAIN", ssl__cipher__suites="hidden-secret", acks="hidden-secret"),
        ClusterRefused,
        "property",
    ),
    "protocol": (
        lambda kafka: kafka.connection("PLAIN", security__protocol="TLS"),
        ClusterRefused,
        "must be one of PLAINTEXT, SSL",
    ),
    "a login that is not used": (
        lambda kafka: kafka.connection("PLAIN", sasl__username="admin"),
        ClusterRefused,
        "would not use it",
    ),
    "no broker": (
        lambda kafka: Connection(id="kafka_test", type="kafka"),
        ClusterRefused,
        "names no broker",
    ),
    "no token provider": (
        lambda kafka: kafka.connection("OAUTH", **OAUTH),
        ClusterRefused,
        "where its tokens come from",
    ),
    "AWS without its package": (
        lambda kafka: kafka.connection(
            "OAUTH", security__protocol="SASL_SSL", sasl__mechanism="AWS_MSK_IAM", aws__region="eu-west-1"
        ),
        ClusterRefused,
        "install aws-msk-iam-sasl-signer-python",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_sentence_within_ten_seconds(
    kafka: KafkaServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, kind, said = WRONG[name]
    caplog.set_level(logging.DEBUG)
    connection = make(kafka)
    begun = time.monotonic()
    with pytest.raises(kind) as raised, connect(connection, kafka.cluster_id, patience=2):
        raise AssertionError("it connected")
    assert time.monotonic() - begun < 10
    message = str(raised.value)
    assert said in message
    assert "\n" not in message and len(message) < 500
    for secret in ("not-this-one", "hidden-secret", PASSWORD):
        assert secret not in message + caplog.text


def test_an_identity_provider_that_gives_no_token(kafka: KafkaServer, identity_provider: str) -> None:
    connection = kafka.connection("OAUTH", **oidc(identity_provider, "wrong-secret"))
    with pytest.raises(ClusterRefused, match="gave no token") as raised, connect(connection, None):
        raise AssertionError("it connected")
    assert "wrong-secret" not in str(raised.value)


def test_another_cluster_is_refused_before_anything_is_read(healed: KafkaServer) -> None:
    connection = healed.connection("PROXIED")
    with pytest.raises(ClusterRefused, match="leads to the cluster") as raised, connect(connection, "x" * 22):
        raise AssertionError("it connected")
    assert healed.cluster_id in str(raised.value)
    assert set(healed.nodes[0].proxy.requests) <= {3, 18, 60}  # metadata, versions, cluster


def test_a_login_shows_no_secret(kafka: KafkaServer) -> None:
    from dataops.kafka.cluster.login import login

    way = login(kafka.connection("SASL"))
    assert PASSWORD not in repr(way)
    assert PASSWORD not in repr(dataclasses.replace(way, key_password="hush"))


def test_logs_at_debug_hold_no_password(kafka: KafkaServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    works(kafka, kafka.connection("SASL", sasl__mechanism="PLAIN"))
    assert PASSWORD not in caplog.text
