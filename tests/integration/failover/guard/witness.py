"""A witness that writes straight to every node all the time, and remembers which node took a write when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import psycopg2

from tests.integration.failover.cell import Cell

_EVERY = 0.02
_WRITE = """
INSERT INTO witness VALUES (%s)
RETURNING ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
"""


@dataclass(frozen=True)
class Taken:
    """One acknowledged write: by which node, on which timeline, between two moments of one clock."""

    sent: float
    answered: float
    node: str
    timeline: int


@dataclass
class Witness:
    """Writes to the nodes of a cell until the block ends. Keeps what was acknowledged."""

    cell: Cell
    taken: list[Taken] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Witness:
        self.cell.execute(self.cell.primary, "CREATE TABLE IF NOT EXISTS witness (node text)")
        for node in self.cell.clusters:
            thread = threading.Thread(target=self._write, args=(node,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(10)

    def split_brains(self) -> list[tuple[Taken, Taken]]:
        """Pairs in which a node took a write on an older timeline than another had taken one on before."""
        found = []
        newest: Taken | None = None
        for each in sorted(self.taken, key=lambda taken: taken.answered):
            if newest is not None and each.timeline < newest.timeline and each.sent > newest.answered:
                found.append((newest, each))
            if newest is None or each.timeline > newest.timeline:
                newest = each
        return found

    def took(self, node: str, since: float) -> bool:
        """Whether the node took a write that was sent after that moment."""
        return any(each.node == node and each.sent > since for each in list(self.taken))

    def _write(self, node: str) -> None:
        session: Any = None
        while not self._ending.wait(_EVERY):
            try:
                session = session or self._connect(node)
                sent = time.monotonic()
                with session.cursor() as cursor:
                    cursor.execute(_WRITE, (node,))
                    ((timeline,),) = cursor.fetchall()
                self.taken.append(Taken(sent, time.monotonic(), node, timeline))
            except psycopg2.Error:
                session = None

    def _connect(self, node: str) -> Any:
        session = psycopg2.connect(
            self.cell.dsn(node),
            connect_timeout=2,
            options="-c statement_timeout=2000 -c synchronous_commit=local",
        )
        session.autocommit = True
        return session
