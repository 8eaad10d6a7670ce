"""A session that writes through the route, one write at a time, each outcome on disk before the next."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from threading import Event

from dataops.failover.canary.client import Client, Refused, Unanswered, Unreached
from dataops.failover.canary.ledger_file import LedgerFile
from dataops.failover.canary.write import Outcome, Write
from dataops.postgres.packaged import sql

_SHORTEST_REST = 0.01
_LONGEST_REST = 0.025


class Writer:
    """One session. What it knows of itself is read by the reporting thread at any time."""

    def __init__(
        self, client: Client, file: LedgerFile, *, run: str, session: int, rate: int, ending: Event
    ) -> None:
        self.session = session
        self.last: float | None = None
        """When its last write was acknowledged."""
        self.well_since: float | None = None
        """When the first of its unbroken acknowledgements came; None where the last write was not one."""
        self.trouble = ""
        """Why its last write was not acknowledged."""
        self._client = client
        self._file = file
        self._run = run
        self._interval = 1 / rate
        self._ending = ending
        self._statement = sql(__package__, "write")

    def write_on(self) -> None:
        """Write until told to end. ``OSError`` where the ledger takes no more."""
        n = 0
        while not self._ending.is_set():
            n += 1
            write = self._try(n)
            self._file.append({"kind": "write", **_without_empty(write)})
            self._remember(write)
            if write.acknowledged:  # never faster later for having been slow: that would be a load test
                self._ending.wait(max(0.0, write.sent + self._interval - time.monotonic()))
            else:  # a try costs the server a process: spend at most a third of the time on them
                took = write.answered - write.sent
                rest = min(_LONGEST_REST, max(_SHORTEST_REST, 2 * took))
                self._client.rest(max(0.0, write.answered + rest - time.monotonic()))

    def _try(self, n: int) -> Write:
        sent = time.monotonic()
        write = Write(self.session, n, Outcome.FAILED, sent, sent, "")
        try:
            answer = self._client.ask(self._statement, self._run, self.session, n)
            issued, lsn, timeline, server = answer.row
            write = replace(
                write,
                outcome=Outcome.ACKNOWLEDGED,
                server=server,
                timeline=timeline,
                id=issued,
                lsn=int(lsn),
                warnings=answer.warnings,
            )
        except Unreached as error:
            write = replace(write, reason=str(error))
        except Refused as error:
            write = replace(write, reason=str(error), sqlstate=error.sqlstate)
        except Unanswered as error:
            write = replace(write, outcome=Outcome.UNKNOWN, reason=str(error))
        return replace(write, answered=time.monotonic(), wall=datetime.now(UTC).isoformat())

    def _remember(self, write: Write) -> None:
        if write.acknowledged:
            self.last = write.answered
            self.well_since = self.well_since or write.answered
            self.trouble = ""
        else:
            self.well_since = None
            self.trouble = write.reason


def _without_empty(write: Write) -> dict[str, object]:
    return {name: value for name, value in asdict(write).items() if value}
