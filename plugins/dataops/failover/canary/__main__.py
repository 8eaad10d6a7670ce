"""The canary's process: ``python -m dataops.failover.canary …``. It ends with SIGTERM, or with its parent.

It imports little and starts fast, and it shares nothing with its coordinator but the clock: when the
coordinator is killed, hangs or lies, the ledger is none the worse for it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event, Thread

from dataops.failover.canary.address import Address
from dataops.failover.canary.client import Client
from dataops.failover.canary.ledger_file import LedgerFile
from dataops.failover.canary.looker import Looker
from dataops.failover.canary.options import Options, parse
from dataops.failover.canary.report import Report, Spell
from dataops.failover.canary.writer import Writer

FORMAT = 1
_REPORT_EVERY = 0.05
_LAST_WAIT = 1.2
"""Seconds that sessions have to end; the process door allows two."""


class Canary:
    """All sessions of one process, a thread each."""

    def __init__(self, options: Options, ending: Event) -> None:
        self._options = options
        self._ending = ending
        self._files: list[LedgerFile] = []
        self._writers: list[Writer] = []
        self._threads: list[Thread] = []
        self._trouble = ""

    def run(self, report: Callable[[bytes], None]) -> int:
        """Write until the end; the exit code. ``report`` gets a line of JSON again and again."""
        with ExitStack() as stack:
            for session in range(1, self._options.sessions + 1):
                self._add_writer(stack, session)
            nodes = list(self._options.nodes.items())
            for reader in range(1, self._options.readers + 1) if nodes else ():
                self._add_reader(stack, reader, *nodes[(reader - 1) % len(nodes)])
            for thread in self._threads:
                thread.start()
            while not self._ending.wait(_REPORT_EVERY):
                report(self._report().to_line())
            until = time.monotonic() + _LAST_WAIT
            for thread in self._threads:
                thread.join(max(0.0, until - time.monotonic()))
            report(self._report().to_line())
            return 1 if self._trouble else 0

    def _add_writer(self, stack: ExitStack, session: int) -> None:
        file = stack.enter_context(LedgerFile(self._options.folder, f"writer-{session}"))
        client = self._client(self._options.route)
        writer = Writer(
            client,
            file,
            run=self._options.run,
            session=session,
            rate=self._options.rate,
            ending=self._ending,
        )
        self._writers.append(writer)
        self._begin(file, client, writer.write_on, {"session": session, "rate": self._options.rate})

    def _add_reader(self, stack: ExitStack, reader: int, node: str, addresses: tuple[Address, ...]) -> None:
        file = stack.enter_context(LedgerFile(self._options.folder, f"reader-{reader}"))
        client = self._client(addresses)
        looker = Looker(
            client,
            file,
            run=self._options.run,
            reader=reader,
            node=node,
            sessions=self._options.sessions,
            ending=self._ending,
        )
        self._begin(file, client, looker.look_on, {"reader": reader, "node": node})

    def _client(self, addresses: tuple[Address, ...]) -> Client:
        return Client(addresses, patience=self._options.patience, ending=self._ending)

    def _begin(
        self, file: LedgerFile, client: Client, work: Callable[[], None], about: Mapping[str, object]
    ) -> None:
        """A thread that writes the first line, works, and writes the last."""
        self._files.append(file)

        def live() -> None:
            try:
                file.append({
                    "kind": "begin",
                    "format": FORMAT,
                    "run": self._options.run,
                    "name": file.name,
                    "host": socket.gethostname(),
                    "process": os.getpid(),
                    "monotonic": time.monotonic(),
                    "wall": datetime.now(UTC).isoformat(),
                    "patience": self._options.patience,
                    **about,
                })
                work()
                client.close()
                file.append({"kind": "end", "entries": file.head.lines - 1, "monotonic": time.monotonic()})
            except Exception as error:  # ruff: ignore[blind-except] - told to the coordinator, who ends the round
                self._trouble = f"{file.name}: {type(error).__name__}: {error}"
                self._ending.set()

        self._threads.append(Thread(target=live, name=file.name, daemon=True))

    def _report(self) -> Report:
        return Report(
            at=time.monotonic(),
            heads={file.name: file.head for file in self._files},
            spells={
                writer.session: Spell(writer.last, writer.well_since, writer.trouble)
                for writer in self._writers
            },
            trouble=self._trouble,
        )


def main() -> int:
    """Run the canary that arguments and environment describe."""
    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())

    def report(line: bytes) -> None:
        try:
            os.write(sys.stdout.fileno(), line)
        except BrokenPipeError:  # nobody listens any more
            ending.set()

    return Canary(parse(sys.argv[1:], os.environ), ending).run(report)


if __name__ == "__main__":
    sys.exit(main())
