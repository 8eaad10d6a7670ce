"""A pager that a test can read: a real HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dataops.connections import Connection

from sandbox.ports import LOOPBACK


@dataclass
class FakePager:
    """What was posted to it. ``answers``: the status of each of the next requests, then 202."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    @property
    def pages(self) -> list[dict[str, Any]]:
        return [body for _, _, body in self.requests]

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.pages]

    def connection(self, connection_id: str = "dataops_pager", **changes: Any) -> Connection:
        said = {"type": "http", "host": LOOPBACK, "port": self.port, "schema": "http", **changes}
        return Connection(id=connection_id, **said)


@contextmanager
def listening() -> Generator[FakePager]:
    """A pager that answers until the block ends."""
    pager = FakePager()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pager.requests.append((self.path, dict(self.headers), body))
            self.send_response(pager.answers.pop(0) if pager.answers else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    pager.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield pager
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
