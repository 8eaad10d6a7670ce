"""One moment of a database, held open: every dumped table is locked before the snapshot is taken."""

from __future__ import annotations

from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dataops.connections import Connection

if TYPE_CHECKING:
    from dataops.store import Keys


class Snapshot:
    """A context manager: a REPEATABLE READ, READ ONLY transaction that exported its snapshot.

    ``id`` is what ``pg_dump --snapshot`` takes. Definitions were read before the export;
    ``confirm()`` reads them again and raises ``DefinitionsChanged`` where they differ.
    Call it after the dump has ended. Works on a standby.
    """

    id: str

    def __init__(
        self, connection: Connection, dbname: str, *, keys: Keys, lock_wait: timedelta = timedelta(minutes=1)
    ) -> None:
        self.connection, self.dbname, self.keys, self.lock_wait = connection, dbname, keys, lock_wait

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    @property
    def backend_pid(self) -> int:
        """The session that holds the locks, for whoever reports what waits behind it."""
        raise NotImplementedError

    def confirm(self) -> None:
        """Guarantee that no definition, role or setting changed since before the snapshot was taken."""
        raise NotImplementedError
