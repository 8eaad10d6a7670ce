"""A session that reads straight from one node, to tell how old what readers see there is."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from threading import Event

from dataops.failover.canary.client import Client, Refused, Unanswered, Unreached
from dataops.failover.canary.ledger_file import LedgerFile
from dataops.failover.canary.write import Look
from dataops.postgres.packaged import sql

_INTERVAL = 0.1
"""Seconds between two looks."""


class Looker:
    """One reader of one node."""

    def __init__(
        self,
        client: Client,
        file: LedgerFile,
        *,
        run: str,
        reader: int,
        node: str,
        sessions: int,
        ending: Event,
    ) -> None:
        self._client = client
        self._file = file
        self._run = run
        self._reader = reader
        self._node = node
        self._sessions = sessions
        self._ending = ending
        self._statement = sql(__package__, "look")

    def look_on(self) -> None:
        """Look until told to end. ``OSError`` where the ledger takes no more."""
        n = 0
        while not self._ending.is_set():
            n += 1
            look = self._look(n)
            entry = {name: value for name, value in asdict(look).items() if value}
            self._file.append({"kind": "look", **entry})
            self._ending.wait(max(0.0, look.sent + _INTERVAL - time.monotonic()))

    def _look(self, n: int) -> Look:
        sent = time.monotonic()
        try:
            answer = self._client.ask(self._statement, self._run, self._sessions)
        except (Unreached, Refused, Unanswered) as error:
            return Look(self._reader, n, self._node, sent, time.monotonic(), _now(), reason=str(error))
        seen, in_recovery, timeline, server = answer.row
        return Look(
            self._reader,
            n,
            self._node,
            sent,
            time.monotonic(),
            _now(),
            server=server,
            timeline=timeline,
            in_recovery=in_recovery,
            seen=dict(enumerate(seen, start=1)),
        )


def _now() -> str:
    return datetime.now(UTC).isoformat()
