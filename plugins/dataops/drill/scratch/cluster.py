"""The few calls of the Kubernetes API that a scratch server needs, over HTTPS.

Source: Kubernetes API reference, v1.30: core/v1 Pod and Secret, networking.k8s.io/v1 NetworkPolicy.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError, InconclusiveError

Kind = Literal["secrets", "networkpolicies", "pods"]
KINDS: tuple[Kind, ...] = ("secrets", "networkpolicies", "pods")
"""In the order of making: what a pod needs comes before it."""

CONNECTION = "dataops_kubernetes"
_GROUPS = {"networkpolicies": "apis/networking.k8s.io/v1"}
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PATIENCE = 30.0


class ClusterRefused(ConfigurationError):
    """The Kubernetes API refused a call: wrong rights, namespace or manifest."""


class Cluster(Protocol):
    """One namespace of a cluster."""

    def create(self, kind: Kind, manifest: Mapping[str, Any]) -> None:
        """Make one object; ``ClusterRefused`` where it is there already or not allowed."""
        ...

    def read(self, kind: Kind, name: str) -> Mapping[str, Any] | None:
        """One object; None where there is none."""
        ...

    def find(self, kind: Kind, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The objects that carry all these labels."""
        ...

    def delete(self, kind: Kind, name: str) -> None:
        """Ask for the end of one object; one that is gone already is no error."""
        ...


@dataclass(frozen=True)
class HttpCluster:
    """A namespace behind an API server, by a bearer token."""

    host: str
    port: int
    namespace: str
    token: str = field(repr=False)
    ca_file: str | None = None

    @classmethod
    def of(cls, connection: Connection) -> HttpCluster:
        """The cluster of a connection; what that leaves out is the cluster that this pod runs in."""
        extra = connection.extra
        host = connection.host or os.environ.get("KUBERNETES_SERVICE_HOST", "")
        if not host:
            raise ConfigurationError(
                f"Connection {connection.id!r} names no host and this is no pod: name the API server."
            )
        inside = not connection.host
        return cls(
            host=host,
            port=connection.port or int(os.environ.get("KUBERNETES_SERVICE_PORT", "443") if inside else 443),
            namespace=str(extra.get("namespace") or _told("namespace") or "default"),
            token=connection.password or _told("token"),
            ca_file=str(extra["ca_file"]) if extra.get("ca_file") else _inside("ca.crt"),
        )

    def create(self, kind: Kind, manifest: Mapping[str, Any]) -> None:
        """See ``Cluster``."""
        self._call("POST", self._path(kind), manifest)

    def read(self, kind: Kind, name: str) -> Mapping[str, Any] | None:
        """See ``Cluster``."""
        return self._call("GET", self._path(kind, name))

    def find(self, kind: Kind, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """See ``Cluster``."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        found = self._call("GET", f"{self._path(kind)}?{urlencode({'labelSelector': selector})}")
        return [*(found or {}).get("items", [])]

    def delete(self, kind: Kind, name: str) -> None:
        """See ``Cluster``."""
        self._call("DELETE", self._path(kind, name))

    def _path(self, kind: Kind, name: str = "") -> str:
        return f"/{_GROUPS.get(kind, 'api/v1')}/namespaces/{self.namespace}/{kind}" + (
            f"/{name}" if name else ""
        )

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The answer's object; None where there is no such object."""
        context = ssl.create_default_context(cafile=self.ca_file)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            with closing(
                http.client.HTTPSConnection(self.host, self.port, timeout=_PATIENCE, context=context)
            ) as connection:
                connection.request(method, path, json.dumps(body) if body else None, headers)
                answer = connection.getresponse()
                text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise InconclusiveError(f"The Kubernetes API does not answer: {type(error).__name__}.") from None
        if answer.status == http.HTTPStatus.NOT_FOUND and method != "POST":
            return None
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise ClusterRefused(f"Kubernetes refused {method} {path.partition('?')[0]}: {_reason(text)}")
        return dict(json.loads(text or b"{}"))


def cluster_of(resolve: Resolve) -> tuple[Cluster, Mapping[str, Any]]:
    """The cluster of ``dataops_kubernetes``, and that connection's extra: image, memory, disk."""
    try:
        connection = resolve(CONNECTION)
    except ConfigurationError:
        connection = Connection(CONNECTION)
    return HttpCluster.of(connection), connection.extra


def _told(name: str) -> str:
    path = _inside(name)
    return Path(path).read_text(encoding="utf-8").strip() if path else ""


def _inside(name: str) -> str | None:
    return str(_ACCOUNT / name) if (_ACCOUNT / name).is_file() else None


def _reason(text: bytes) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"
