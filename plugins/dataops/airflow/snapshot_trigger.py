"""Waiting for AWS in the triggerer: thousands of snapshots cost one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from dataops.airflow.resolve import resolve
from dataops.errors import DataOpsError, InconclusiveError

UNDER_WAY = {"creating", "copying", "pending"}


class SnapshotEnds(BaseTrigger):
    """Fires when the snapshot is no longer being made: with AWS's own word for its status, or ``unknown``."""

    def __init__(
        self, *, connection: str, region: str, snapshot: str, deadline: str, poll: float = 15.0
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.connection = connection
        self.region = region
        self.snapshot = snapshot
        self.deadline = deadline
        self.poll = poll

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Primitives only: Airflow keeps them in its metadata database."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        names = ("connection", "region", "snapshot", "deadline", "poll")
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, at the deadline at the latest."""
        deadline = datetime.fromisoformat(self.deadline)
        while True:
            status, reason = await sync_to_async(self._look)()
            if status not in UNDER_WAY:
                break
            if datetime.now(UTC) >= deadline:
                reason = reason or f"The snapshot {self.snapshot} was still {status} at its deadline."
                status = "unknown"
                break
            await asyncio.sleep(self.poll)
        yield TriggerEvent({"status": status, "reason": reason})  # type: ignore[no-untyped-call]

    def _look(self) -> tuple[str, str]:
        from dataops.backup.rds_snapshot import client_of, state

        try:
            status, progress = state(client_of(resolve(self.connection), self.region), self.snapshot)
        except InconclusiveError as error:
            return "pending", str(error)  # AWS may answer next time; the deadline bounds our patience
        except DataOpsError as error:
            return "unknown", str(error)
        self.log.info("%s in %s: %s, %d %%", self.snapshot, self.region, status, progress)
        return status, ""
