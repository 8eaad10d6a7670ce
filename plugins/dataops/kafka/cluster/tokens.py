"""Tokens for SASL/OAUTHBEARER: from an identity provider, from AWS, or from a function of one's own."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from dataops.kafka.cluster.errors import ClusterRefused

Token = tuple[str, float]
"""A token and when it expires, in seconds since the epoch."""

TokenSource = Callable[[], Token]

_EARLY = 60.0
"""A token is replaced so many seconds before it expires."""


def token_source(connection_id: str, mechanism: str, given: dict[str, Any]) -> TokenSource:
    """Where tokens come from, by the connection's properties, which are taken out of ``given``.

    - ``oauth_cb``: ``package.module.function``, called with ``sasl.oauthbearer.config``, returns a token and
      its expiry as confluent-kafka wants it: for any provider, such as Google's or Azure's.
    - ``sasl.oauthbearer.method: oidc`` with ``sasl.oauthbearer.token.endpoint.url``,
      ``sasl.oauthbearer.client.id``, ``sasl.oauthbearer.client.secret`` and optionally
      ``sasl.oauthbearer.scope``: OAuth 2.0 client credentials (RFC 6749, 4.4).
    - ``sasl.mechanism: AWS_MSK_IAM`` with ``aws.region``: needs the package aws-msk-iam-sasl-signer-python
      and AWS credentials from AWS's own chain, whose role is allowed kafka-cluster:Connect and what else the
      work needs (kafka-cluster:DescribeTopic, CreateTopic, AlterTopicDynamicConfiguration and so on).

    Raises ``ClusterRefused`` where none of them is complete.
    """
    properties = {
        name: given.pop(name)
        for name in list(given)
        if name.startswith(("sasl.oauthbearer.", "aws.")) or name == "oauth_cb"
    }
    if mechanism == "AWS_MSK_IAM":
        return _kept(_aws(connection_id, properties))
    if "oauth_cb" in properties:
        return _kept(_own(connection_id, properties))
    if properties.get("sasl.oauthbearer.method") == "oidc":
        return _kept(_client_credentials(connection_id, properties))
    raise ClusterRefused(
        f"The connection {connection_id!r} does not say where its tokens come from: set oauth_cb, or "
        "sasl.oauthbearer.method to oidc with its endpoint, client id and secret."
    )


def _kept(fetch: TokenSource) -> TokenSource:
    """The same token until shortly before it expires, whichever client asks."""
    lock, kept = threading.Lock(), [("", 0.0)]

    def token() -> Token:
        with lock:
            if kept[0][1] - _EARLY <= time.time():
                kept[0] = fetch()
            return kept[0]

    return token


def _own(connection_id: str, properties: dict[str, Any]) -> TokenSource:
    path = str(properties["oauth_cb"])
    module, _, name = path.rpartition(".")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ClusterRefused(
            f"The connection {connection_id!r} names oauth_cb {path!r}, which cannot be imported: {error}."
        ) from error

    def fetch() -> Token:
        try:
            token, expires = function(properties.get("sasl.oauthbearer.config", ""))[:2]
            return str(token), float(expires)
        except Exception as error:  # ruff: ignore[blind-except] not our code; its text may hold a secret
            raise ClusterRefused(
                f"The function {path} that the connection {connection_id!r} names as oauth_cb gave no token "
                f"({type(error).__name__}): correct it, or what it needs."
            ) from None

    return fetch


def _aws(connection_id: str, properties: dict[str, Any]) -> TokenSource:
    region = properties.get("aws.region")
    if not region:
        raise ClusterRefused(f"The connection {connection_id!r} needs aws.region for AWS_MSK_IAM.")
    try:
        signer = import_module("aws_msk_iam_sasl_signer").MSKAuthTokenProvider
    except ImportError as error:
        raise ClusterRefused(
            f"The connection {connection_id!r} uses AWS_MSK_IAM, which needs a package that is not here: "
            "install aws-msk-iam-sasl-signer-python."
        ) from error

    def fetch() -> Token:
        token, milliseconds = signer.generate_auth_token(region)
        return token, milliseconds / 1000

    return fetch


def _client_credentials(connection_id: str, properties: dict[str, Any]) -> TokenSource:
    parts = ("token.endpoint.url", "client.id", "client.secret")
    url, client, secret = (str(properties.get(f"sasl.oauthbearer.{part}") or "") for part in parts)
    if not (url and client and secret):
        names = ", ".join(f"sasl.oauthbearer.{part}" for part in parts)
        raise ClusterRefused(f"The connection {connection_id!r} needs {names}.")
    if not url.startswith(("https://", "http://")):
        raise ClusterRefused(
            f"The connection {connection_id!r} has a token endpoint that is no web address: {url}."
        )
    wanted = {"grant_type": "client_credentials"}
    if scope := properties.get("sasl.oauthbearer.scope"):
        wanted["scope"] = str(scope)
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    request = Request(url, urlencode(wanted).encode(), {"Authorization": f"Basic {basic}"})

    def fetch() -> Token:
        try:
            with urlopen(request, timeout=5) as answer:
                document = json.load(answer)
            return str(document["access_token"]), time.time() + float(document.get("expires_in", 300))
        except (OSError, ValueError, KeyError) as error:
            said = f"HTTP {error.code}" if isinstance(error, HTTPError) else type(error).__name__
            raise ClusterRefused(
                f"The token endpoint {url} of the connection {connection_id!r} gave no token ({said}): "
                "correct the client id, its secret, or the address."
            ) from error

    return fetch
