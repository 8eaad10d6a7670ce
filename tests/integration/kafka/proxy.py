"""A proxy before a broker that counts requests by their API key and breaks connections when told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

CREATE_TOPICS, DELETE_TOPICS, CREATE_PARTITIONS = 19, 20, 37
METADATA, DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS = 3, 32, 44
API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = 18, 17, 36

HANDSHAKES = {API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE}


@dataclass
class Proxy:
    """``requests`` counts what passed, by API key (https://kafka.apache.org/protocol#protocol_api_keys)."""

    port: int
    target: int
    listener: socket.socket
    requests: Counter[int] = field(default_factory=Counter)
    on_request: Callable[[int], str] = lambda key: ""
    """Told the API key of each request, answers ``""`` (pass on), ``cut`` (cut before the broker hears of it)
    or ``mute`` (let the broker do it, then cut without an answer)."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def before(cls, target: int) -> Proxy:
        listener = socket.create_server(("127.0.0.1", 0))
        proxy = cls(listener.getsockname()[1], target, listener)
        threading.Thread(target=proxy._serve, daemon=True).start()
        return proxy

    def close(self) -> None:
        self.listener.close()

    def total(self) -> int:
        """Requests but for those that open a connection."""
        return sum(count for key, count in self.requests.items() if key not in HANDSHAKES)

    def fail(self, times: int, fault: str, key: int) -> None:
        """Break the connection at the next so many requests of this kind."""
        left = [times]

        def decide(found: int) -> str:
            with self._lock:
                if left[0] and found == key:
                    left[0] -= 1
                    return fault
                return ""

        self.on_request = decide

    def heal(self) -> None:
        self.on_request = lambda key: ""

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._link, args=(client,), daemon=True).start()

    def _link(self, client: socket.socket) -> None:
        with closing(client):
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            muted = threading.Event()
            with closing(server):
                back = threading.Thread(target=self._answers, args=(server, client, muted), daemon=True)
                back.start()
                with suppress(OSError):
                    self._requests(client, server, muted)
                with suppress(OSError):
                    server.shutdown(socket.SHUT_WR)
                back.join()

    def _requests(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        while head := _exactly(client, 4):
            (length,) = struct.unpack(">i", head)
            body = _exactly(client, length)
            (key,) = struct.unpack(">h", body[:2])
            with self._lock:
                self.requests[key] += 1
            fault = self.on_request(key)
            if fault == "cut":
                return
            if fault == "mute":
                muted.set()
            server.sendall(head + body)

    def _answers(self, server: socket.socket, client: socket.socket, muted: threading.Event) -> None:
        """Answers on their way back; the first one after ``mute`` is lost with the connection."""
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if muted.is_set():
                    break
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _exactly(connection: socket.socket, length: int) -> bytes:
    """So many bytes; fewer only at the end."""
    parts = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
