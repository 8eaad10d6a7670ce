"""A proxy before the real store that answers badly when told to."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = str | int | None
"""None: pass on. A number: that HTTP status. ``reset``: cut the connection before the store hears of it.
``mute``: let the store do it, then cut. ``short``: cut in the middle of the answer."""


@dataclass
class FaultyStore:
    """Requests in order, and the fault for the next ones that ``matches``."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    decide: Callable[[str, str], Fault] = lambda method, path: None

    def fail(self, times: int, fault: Fault, *, method: str = "", containing: str = "") -> None:
        """Answer the next so many matching requests with the fault."""
        left, lock = [times], threading.Lock()

        def decide(verb: str, path: str) -> Fault:
            with lock:
                if left[0] and verb.startswith(method) and containing in path:
                    left[0] -= 1
                    return fault
                return None

        self.decide = decide


@contextmanager
def before(store_port: int) -> Generator[FaultyStore]:
    """The proxy in front of the store's plain HTTP port."""
    faulty = FaultyStore()
    handler = type("Handler", (_Handler,), {"faulty": faulty, "store_port": store_port})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    faulty.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faulty: FaultyStore
    store_port: int

    def handle_any(self) -> None:
        fault = self.faulty.decide(self.command, self.path)
        self.faulty.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault == "reset":
            self._cut()
        elif isinstance(fault, int):
            self._answer(fault, {}, b"")
        else:
            status, headers, content = self._pass_on(body)
            if fault == "mute":
                self._cut()
            else:
                self._answer(status, headers, content, cut=fault == "short")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        store = http.client.HTTPConnection("127.0.0.1", self.store_port, timeout=60)
        store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name != "Expect":
                store.putheader(name, value)
        store.endheaders(body)
        answer = store.getresponse()
        content = answer.read()
        store.close()
        return answer.status, dict(answer.getheaders()), content

    def _answer(self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in {"Content-Length", "Transfer-Encoding", "Connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", headers.get("Content-Length", str(len(content))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self._cut()

    def _cut(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError, ValueError):  # the client went, or we cut
            super().handle()

    def finish(self) -> None:
        with suppress(ConnectionError, ValueError):
            super().finish()
