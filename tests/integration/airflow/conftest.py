"""Where notifications arrive: a webhook over HTTP and a mail server, both real sockets on loopback."""

from __future__ import annotations

import email
import json
import socketserver
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests import airflow_home  # ruff: ignore[unused-import]  before anything of Airflow


class Webhook(HTTPServer):
    """Slack's end of an incoming webhook: remembers what was posted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _WebhookHandler)
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.answer = 200

    @property
    def texts(self) -> list[str]:
        return [body["text"] for _, body in self.posted]


class _WebhookHandler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, json.loads(body)))
        self.send_response(self.server.answer)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


class MailServer(socketserver.TCPServer):
    """As much of RFC 5321 as a client that sends one mail needs."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.mails: list[tuple[list[str], Message]] = []


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipients.append(line.partition("<")[2].partition(">")[0])
            if verb == "DATA":
                self._say("354 go on")
                self.server.mails.append((recipients, email.message_from_bytes(self._body())))
            self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def serving(server: Any) -> Generator[Any, None, None]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """The webhook that ``dataops_slack`` points to."""
    with serving(Webhook()) as server:
        connection = {
            "conn_type": "slackwebhook",
            "host": f"http://127.0.0.1:{server.server_port}/services",
            "password": "T000/B000/canary-webhook-secret",
        }
        monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_SLACK", json.dumps(connection))
        yield server


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The mail server that ``dataops_smtp`` points to."""
    with serving(MailServer()) as server:
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": server.server_address[1],
            "extra": {
                "disable_ssl": True,
                "disable_tls": True,
                "from_email": "airflow@example.org",
                "to": ["oncall@example.org", "dba@example.org"],
            },
        }
        monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_SMTP", json.dumps(connection))
        yield server
