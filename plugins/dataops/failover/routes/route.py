"""What a round asks of the clients' route, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

from dataops.connections import Connection
from dataops.failover.drivers.driver import Told


class ClientRoute(Protocol):
    """The way from clients to the primary. Nothing is connected to before it is needed."""

    kind: str

    def connection(self) -> Connection:
        """As clients connect. Several hosts: ``host`` as ``a,b``, their ports in ``extra.ports``."""

    def lead(self, node: str) -> None:
        """Lead clients to this node and to no other, and cut those that are elsewhere.

        Returns once that is so at its source. May be done twice. Raises ``DriverFailed`` where it was
        refused, ``OutcomeUnknown`` where the answer was lost.
        """

    def tell(self, node: str) -> Told:
        """What ``lead`` would do. Pure."""

    def close(self) -> None:
        """Let go of what was opened."""
