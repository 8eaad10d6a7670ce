"""How to reach a cluster and log in to it, from a connection as Airflow keeps it.

Airflow's Kafka connections hold librdkafka's properties in their extra field, such as
``{"bootstrap.servers": "a:9092,b:9092", "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
"sasl.username": "dataops", "sasl.password": "…", "ssl.ca.location": "/etc/ssl/kafka-ca.pem"}``.
Host and port stand for ``bootstrap.servers``, login and password for the SASL name and password, where the
extra field does not say otherwise.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dataops.connections import Connection
from dataops.kafka.cluster.errors import ClusterRefused
from dataops.kafka.cluster.tokens import TokenSource, token_source

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
PASSWORDS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
TOKENS = ("OAUTHBEARER", "AWS_MSK_IAM")
CLIENT_ID = "dataops"


@dataclass(frozen=True)
class Login:
    """One way into a cluster, checked as far as that goes without connecting. ``repr`` shows no secret.

    ``further`` are librdkafka's own properties, handed on as they are.
    """

    connection_id: str
    bootstrap: str
    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tokens: TokenSource | None = field(default=None, repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = field(default="", repr=False)
    key_password: str = field(default="", repr=False)
    verify: bool = True
    check_hostname: bool = True
    further: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(secret for secret in (self.password, self.key_password) if secret)

    def librdkafka(self) -> dict[str, Any]:
        """The configuration of confluent-kafka's AdminClient."""
        config: dict[str, Any] = {
            "client.id": CLIENT_ID,
            **self.further,
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.protocol,
            "log_level": 0,
        }
        if self.mechanism:
            config["sasl.mechanism"] = "OAUTHBEARER" if self.mechanism in TOKENS else self.mechanism
        if self.tokens is not None:
            config["oauth_cb"] = lambda _, tokens=self.tokens: tokens()
        elif self.mechanism:
            config |= {"sasl.username": self.user, "sasl.password": self.password}
        if self.protocol.endswith("SSL"):
            config |= self._tls()
        return config

    def kafka_python(self) -> dict[str, Any]:
        """The configuration of kafka-python's KafkaAdminClient."""
        config: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "bootstrap_servers": [each.strip() for each in self.bootstrap.split(",")],
            "security_protocol": self.protocol,
        }
        if self.tokens is not None:
            config |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": _provider(self.tokens)}
        elif self.mechanism:
            config |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        if self.protocol.endswith("SSL"):
            config["ssl_context"] = self._context()
        return config

    def _tls(self) -> dict[str, Any]:
        wanted = {
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
            "ssl.key.password": self.key_password,
        }
        return {
            **{name: value for name, value in wanted.items() if value},
            "enable.ssl.certificate.verification": self.verify,
            "ssl.endpoint.identification.algorithm": "https" if self.check_hostname else "none",
        }

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.check_hostname = self.verify and self.check_hostname
        if not self.verify:
            context.verify_mode = ssl.CERT_NONE
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file or None, self.key_password or None)
        return context


def login(connection: Connection) -> Login:
    """The login that the connection describes. Raises ``ClusterRefused`` that names the property."""
    given = {str(name): value for name, value in connection.extra.items()}
    bootstrap = _bootstrap(connection, str(given.pop("bootstrap.servers", "") or ""))
    protocol = str(given.pop("security.protocol", "PLAINTEXT") or "PLAINTEXT").upper()
    named = [str(given.pop(name, "") or "") for name in ("sasl.mechanism", "sasl.mechanisms")]
    mechanism = (named[0] or named[1]).upper()
    user = str(given.pop("sasl.username", "") or connection.login)
    password = str(given.pop("sasl.password", "") or connection.password)
    _check(connection, protocol, mechanism, user, password)
    tokens = token_source(connection.id, mechanism, given) if mechanism in TOKENS else None
    return Login(
        connection_id=connection.id,
        bootstrap=bootstrap,
        protocol=protocol,
        mechanism=mechanism if protocol.startswith("SASL") else "",
        user=user,
        password=password,
        tokens=tokens,
        ca_file=str(given.pop("ssl.ca.location", "") or ""),
        certificate_file=str(given.pop("ssl.certificate.location", "") or ""),
        key_file=str(given.pop("ssl.key.location", "") or ""),
        key_password=str(given.pop("ssl.key.password", "") or ""),
        verify=_is_true(given.pop("enable.ssl.certificate.verification", True)),
        check_hostname=given.pop("ssl.endpoint.identification.algorithm", "https") != "none",
        further=given,
    )


def _bootstrap(connection: Connection, given: str) -> str:
    if not given and connection.host:
        given = ",".join(
            host if ":" in host or connection.port is None else f"{host}:{connection.port}"
            for host in connection.host.split(",")
        )
    if not given:
        raise _refused(connection, "names no broker: set bootstrap.servers in its extra field")
    return given


def _check(connection: Connection, protocol: str, mechanism: str, user: str, password: str) -> None:
    if protocol not in PROTOCOLS:
        raise _refused(
            connection, f"has security.protocol {protocol!r}; it must be one of {', '.join(PROTOCOLS)}"
        )
    if not protocol.startswith("SASL"):
        if mechanism or user:
            raise _refused(
                connection,
                f"has a SASL login, but security.protocol is {protocol}, which would not use it: "
                "set SASL_SSL, or remove the login",
            )
        return
    if mechanism not in PASSWORDS + TOKENS:
        raise _refused(
            connection, f"has sasl.mechanism {mechanism!r}; it must be one of {', '.join(PASSWORDS + TOKENS)}"
        )
    if mechanism in PASSWORDS and not (user and password):
        raise _refused(connection, f"needs sasl.username and sasl.password for {mechanism}")


def _refused(connection: Connection, what: str) -> ClusterRefused:
    return ClusterRefused(f"The connection {connection.id!r} {what}.")


def _is_true(value: object) -> bool:
    return str(value).lower() not in {"false", "0", "no"}


def _provider(tokens: TokenSource) -> Any:
    """kafka-python's own kind of token provider; made here, so that importing stays light."""
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Provider(AbstractTokenProvider):  # type: ignore[misc]
        def token(self) -> str:
            return tokens()[0]

    return Provider()
