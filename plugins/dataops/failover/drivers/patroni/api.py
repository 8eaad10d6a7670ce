"""Patroni's REST API: any member answers for the cluster, each for itself.

The connection: ``host`` and ``port`` of any member, or better ``extra.members``, the address of each by
name, so that the cluster can be asked while some of them are down; then nobody else is asked. ``login`` and
``password`` where ``restapi.authentication`` is set; ``extra.verify`` (a CA file, or false), ``extra.cert``
and ``extra.key`` where it speaks TLS.
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.drivers.patroni import view

PATIENCE = 2.0
"""Seconds until a member that does not answer counts as silent."""
_LONGEST_ACTION = 60.0
"""Seconds for a switchover, which answers once it is done: Patroni itself gives up after 20 to 30."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the login would go along."""

    def redirect_request(self, *_: Any) -> None:
        """No request, so that the redirect itself is the answer, an error."""


class PatroniApi:
    """The REST API of one cluster. Nothing is asked before it is needed."""

    def __init__(self, connection: Connection, scope: str) -> None:
        self._connection = connection
        self._scope = scope
        self._given = _addresses(connection)
        self._learned: dict[str, str] = {}
        self._talkative = ""
        self._opener = urllib.request.build_opener(  # without a proxy: members are asked straight
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=_trust(connection)),
            _Stay(),
        )

    def address(self, member: str) -> str:
        """Where a member's REST API is, such as ``http://10.0.0.1:8008``; empty where nobody said so yet."""
        return self._given.get(member) or self._learned.get(member, "")

    def cluster(self) -> view.Cluster:
        """The cluster as its store knows it, from the first member that answers.

        ``OutcomeUnknown`` where none does, ``ConfigurationError`` where it is another cluster.
        """
        found = view.cluster(self._from_any("/cluster"))
        if found.scope and found.scope != self._scope:
            raise ConfigurationError(
                f"Connection {self._connection.id!r} leads to the Patroni cluster {found.scope!r} and not to "
                f"{self._scope!r}: correct it, or `failover.cluster`."
            )
        if "members" not in self._connection.extra:
            self._learned = {each.name: each.api for each in found.members if each.api}
        return found

    def configuration(self) -> view.Configuration:
        """The dynamic configuration, as the member that answers read it in its last loop.

        ``OutcomeUnknown`` where no member answers. Whether the cluster is paused, ``cluster`` knows better.
        """
        return view.configuration(self._from_any("/config"))

    def status(self, member: str) -> view.Status | None:
        """What a member says of itself; None where it does not answer."""
        if not self.address(member):
            return None
        try:
            return view.status(self._get(self.address(member), "/patroni"))
        except OutcomeUnknown:
            return None

    def switch_over(self, leader: str, candidate: str) -> None:
        """A planned change of roles.

        ``DriverFailed`` with Patroni's reason where it refuses, ``OutcomeUnknown`` where it falls silent.
        """
        self._act("/switchover", {"leader": leader, "candidate": candidate}, asked=leader)

    def fail_over(self, candidate: str) -> None:
        """A failover by hand, which Patroni does even while it is paused. Raises as ``switch_over``."""
        self._act("/failover", {"candidate": candidate}, asked=candidate)

    def _act(self, path: str, body: Mapping[str, str], *, asked: str) -> None:
        address = self.address(asked) or next(iter(self._all()), "")
        request = self._request(address, path, body)
        try:
            with self._opener.open(request, timeout=_LONGEST_ACTION):
                return
        except urllib.error.HTTPError as error:
            said = error.read(2000).decode(errors="replace").strip()
            self._refuse_login(error.code)
            if "status unknown" in said:
                raise OutcomeUnknown(f"Patroni gave up waiting for its own {path[1:]}: {said}.") from None
            raise DriverFailed(
                f"Patroni refused the {path[1:]} to {body['candidate']} ({error.code}): "
                f"{said or 'no reason given'}."
            ) from None
        except (OSError, ValueError) as error:
            raise OutcomeUnknown(f"{address} did not answer to the {path[1:]}: {_why(error)}.") from None

    def _from_any(self, path: str) -> Mapping[str, Any]:
        silent = []
        for address in self._all():
            try:
                said = self._get(address, path)
            except OutcomeUnknown as error:
                silent.append(str(error))
            else:
                self._talkative = address  # first next time: a hung member costs the whole patience
                return said
        raise OutcomeUnknown(
            f"No member of the Patroni cluster {self._scope} answers: {' '.join(silent) or 'none is known'}"
        )

    def _all(self) -> list[str]:
        known = dict.fromkeys([self._talkative, *self._given.values(), *self._learned.values()])
        return [address for address in known if address]

    def _get(self, address: str, path: str) -> Mapping[str, Any]:
        try:
            with self._opener.open(self._request(address, path), timeout=PATIENCE) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            self._refuse_login(error.code)
            raise OutcomeUnknown(f"{address}{path} answers {error.code}.") from None
        except (OSError, ValueError) as error:
            raise OutcomeUnknown(f"{address} does not answer ({_why(error)}).") from None
        if not isinstance(said, dict):
            raise OutcomeUnknown(f"{address}{path} answers something else than Patroni would.")
        return said

    def _request(
        self, address: str, path: str, body: Mapping[str, str] | None = None
    ) -> urllib.request.Request:
        headers = {"Content-Type": "application/json"}
        if self._connection.login:
            pair = f"{self._connection.login}:{self._connection.password}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        data = json.dumps(body).encode() if body is not None else None
        return urllib.request.Request(
            f"{address}{path}", data=data, headers=headers, method="POST" if data else "GET"
        )

    def _refuse_login(self, code: int) -> None:
        if code in {401, 403}:
            raise ConfigurationError(
                f"Patroni's REST API refuses the login of connection {self._connection.id!r}: set login and "
                "password to those of `restapi.authentication`, or its client certificate."
            )


def _addresses(connection: Connection) -> dict[str, str]:
    members = connection.extra.get("members") or {}
    if not isinstance(members, dict) or not all(isinstance(each, str) for each in members.values()):
        raise ConfigurationError(
            f"Connection {connection.id!r}: extra.members must give the address of each member by its name, "
            'such as {"alpha": "http://10.0.0.1:8008"}.'
        )
    if members:
        return {name: address.rstrip("/") for name, address in members.items()}
    if not connection.host:
        raise ConfigurationError(f"Connection {connection.id!r} needs host and port, or extra.members.")
    scheme = "https" if _is_tls(connection) else "http"
    return {"": f"{scheme}://{connection.host}:{connection.port or 8008}"}


def _is_tls(connection: Connection) -> bool:
    return connection.type == "https" or connection.schema == "https" or "verify" in connection.extra


def _trust(connection: Connection) -> ssl.SSLContext:
    verify = connection.extra.get("verify")
    try:
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
        if connection.extra.get("cert"):
            context.load_cert_chain(connection.extra["cert"], connection.extra.get("key"))
    except OSError as error:
        raise ConfigurationError(
            f"Connection {connection.id!r}: a file of extra.verify, extra.cert or extra.key cannot be read "
            f"({error.strerror or error})."
        ) from None
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
