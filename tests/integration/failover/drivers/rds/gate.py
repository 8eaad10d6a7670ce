"""The network in front of a server: what security groups and reboots do at AWS, done on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from sandbox.ports import LOOPBACK


class Gate:
    """Forwards connections to a port while ``opened()``; those that are through already stay, until cut."""

    def __init__(self, port: int, opened: Callable[[], bool]) -> None:
        self.target = port
        self._opened = opened
        self._through: list[socket.socket] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, as a reboot does."""
        for end in self._through:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._through.clear()

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._opened():
                client.close()
                continue
            try:
                server = socket.create_connection((LOOPBACK, self.target))
            except OSError:
                client.close()
                continue
            self._through += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
