"""A REST API that sends elsewhere is not followed: the login would go along."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.drivers.patroni.api import PatroniApi


class Strange(BaseHTTPRequestHandler):
    """Answers what Patroni never would."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/cluster":
            self.send_response(302)
            self.send_header("Location", "/stolen")
        elif self.path == "/config":
            self.send_response(401)
        else:
            self.send_response(200)
        self.end_headers()
        if self.path not in {"/cluster", "/config"}:
            self.wfile.write(b"[1]")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        unknown = self.path == "/failover"
        self.send_response(503 if unknown else 412)
        self.end_headers()
        self.wfile.write(b"Failover status unknown" if unknown else b"leader name does not match")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[PatroniApi]:
    server = HTTPServer(("127.0.0.1", 0), Strange)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    at = f"http://127.0.0.1:{server.server_port}"
    login = {"login": "operator", "password": "canary"}
    yield PatroniApi(Connection("shop_api", extra={"members": {"alpha": at}}, **login), "shop")  # type: ignore[arg-type]
    server.shutdown()
    thread.join()
    server.server_close()


def test_nobody_is_followed_elsewhere(api: PatroniApi) -> None:
    with pytest.raises(OutcomeUnknown, match="answers 302"):
        api.cluster()
    assert "/stolen" not in Strange.asked


def test_a_refused_login_is_the_users_to_mend_and_says_no_password(api: PatroniApi) -> None:
    with pytest.raises(ConfigurationError, match="shop_api") as raised:
        api.configuration()
    assert "canary" not in str(raised.value)


def test_what_is_not_patroni_says_nothing(api: PatroniApi) -> None:
    assert api.status("alpha") is None
    assert api.status("beta") is None


def test_a_refusal_has_patronis_reason_and_an_unknown_outcome_stays_unknown(api: PatroniApi) -> None:
    with pytest.raises(DriverFailed, match=r"412.*leader name does not match"):
        api.switch_over("alpha", "beta")
    with pytest.raises(OutcomeUnknown, match="status unknown"):
        api.fail_over("beta")
