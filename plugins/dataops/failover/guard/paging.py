"""Telling a person at once, without Airflow: a webhook of the connection ``dataops_pager``, and Slack."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Part, Verdict

PAGER, SLACK = "dataops_pager", "dataops_slack"
PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
ATTEMPTS = 3
TIMEOUT = 5.0
"""Seconds that one attempt may take."""
_PAUSE = 0.5
_KINDS = ("json", "pagerduty")

Severity = Literal["critical", "error", "warning", "info"]


class Unpaged(DataOpsError):
    """A channel did not take the page; the message holds no address, since that may be its secret."""


@dataclass(frozen=True)
class Page:
    """What a person is told in the middle of the night. ``key``: the same for all pages of one incident."""

    key: str
    title: str
    text: str
    severity: Severity
    details: Mapping[str, str]

    @property
    def plain(self) -> str:
        """Title, text and details in lines."""
        return "\n".join([self.title, self.text, *(f"{name}: {each}" for name, each in self.details.items())])

    @property
    def slack(self) -> str:
        """The same with Slack's control characters escaped: no reason may call ``<!everyone>``."""
        return self.plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True)
class Pager:
    """Every channel that has a connection. Nothing is connected to before there is a page."""

    resolve: Resolve
    say: Say

    def channels(self) -> tuple[str, ...]:
        """The connections that there are."""
        return tuple(each for each in (PAGER, SLACK) if self._connection(each) is not None)

    def deliver(self, page: Page) -> Check:
        """Send it over all channels. Passed where at least the pager, or else Slack, took it.

        One dead channel silences no other; each is tried ``ATTEMPTS`` times.
        """
        begun = time.monotonic()
        parts = tuple(self._part(each, page) for each in self.channels())
        taken = [each.name for each in parts if each.verdict is Verdict.PASSED]
        missed = "; ".join(each.reason for each in parts if each.reason)
        self.say(f"paged by {', '.join(taken)}" if taken else f"NOBODY WAS PAGED: {missed or 'no channel'}")
        return Check(
            name="paged",
            verdict=Verdict.FAILED if len(taken) < len(parts) or not parts else Verdict.PASSED,
            expected="every channel took the page",
            observed=", ".join(taken) or "nobody was paged",
            seconds=round(time.monotonic() - begun, 3),
            reason=missed if parts else f"There is no connection {PAGER}: nobody can be paged.",
            parts=parts,
        )

    def _part(self, connection_id: str, page: Page) -> Part:
        try:
            connection = self.resolve(connection_id)
            request = (
                slack_request(connection, page) if connection_id == SLACK else request_of(connection, page)
            )
            _send(request, connection_id)
        except DataOpsError as error:
            return Part(name=connection_id, verdict=Verdict.FAILED, reason=str(error))
        return Part(name=connection_id, verdict=Verdict.PASSED, observed="taken")

    def _connection(self, connection_id: str) -> Connection | None:
        try:
            return self.resolve(connection_id)
        except ConfigurationError:
            return None


def request_of(connection: Connection, page: Page) -> urllib.request.Request:
    """The POST of a page to the connection's webhook.

    ``extra``: ``kind`` (``json`` or ``pagerduty``), ``path``, ``headers``. The password is a bearer token, or
    PagerDuty's routing key (Events API v2). ``ConfigurationError`` where the connection names no address.
    """
    kind = str(connection.extra.get("kind", "json"))
    if kind not in _KINDS:
        raise ConfigurationError(
            f"The connection {connection.id} has the kind {kind!r}: allowed are {' and '.join(_KINDS)}."
        )
    headers = {str(name): str(value) for name, value in dict(connection.extra.get("headers") or {}).items()}
    if kind == "pagerduty":
        url = _address(connection) if connection.host else PAGERDUTY
        return _post(url, _pagerduty(connection, page), headers)
    if connection.password:
        headers.setdefault("Authorization", f"Bearer {connection.password}")
    return _post(_address(connection), _generic(page), headers)


def slack_request(connection: Connection, page: Page) -> urllib.request.Request:
    """The POST of a page to Slack's incoming webhook, whose connection Airflow's provider can read too."""
    base = connection.host or "https://hooks.slack.com/services"
    base = base if "://" in base else f"https://{base}"
    return _post(
        f"{base.rstrip('/')}/{connection.password.lstrip('/')}".rstrip("/"), {"text": page.slack}, {}
    )


def _generic(page: Page) -> dict[str, Any]:
    return {
        "key": page.key,
        "title": page.title,
        "text": page.text,
        "severity": page.severity,
        "details": dict(page.details),
    }


def _pagerduty(connection: Connection, page: Page) -> dict[str, Any]:
    return {
        "routing_key": connection.password,
        "event_action": "trigger",
        "dedup_key": page.key,
        "payload": {
            "summary": f"{page.title}: {page.text}"[:1024],
            "source": page.details.get("server", "dataops failover guard"),
            "severity": page.severity,
            "custom_details": dict(page.details),
        },
    }


def _address(connection: Connection) -> str:
    """The URL in the host, or the URL of scheme, host and port; then the path."""
    if not connection.host:
        raise ConfigurationError(f"The connection {connection.id} names no host to page.")
    base = connection.host
    if "://" not in base:
        port = f":{connection.port}" if connection.port else ""
        base = f"{connection.schema or 'https'}://{base}{port}"
    if urlsplit(base).scheme not in {"http", "https"}:
        raise ConfigurationError(f"The connection {connection.id} must be reached by http or https.")
    path = str(connection.extra.get("path", ""))
    return f"{base.rstrip('/')}/{path.lstrip('/')}" if path else base


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> urllib.request.Request:
    return urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
        method="POST",
    )


def _send(request: urllib.request.Request, connection_id: str) -> None:
    trouble = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * attempt)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            trouble = f"it answered {error.code}"
            if error.code < 500 and error.code != 429:
                break  # it does not like what we send, and would not the next time
        except (OSError, ValueError) as error:
            trouble = type(getattr(error, "reason", error)).__name__
    raise Unpaged(f"{connection_id} did not take the page: {trouble}.")
