"""The canary as its coordinator sees it: a process of its own that tells how its writes go."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import dataops
from dataops.connections import Connection
from dataops.failover.canary.address import addresses
from dataops.failover.canary.chain import HEADS, Heads, heads_to_json
from dataops.failover.canary.errors import CanaryFailed, NotSteady
from dataops.failover.canary.ledger import Ledger, read
from dataops.failover.canary.options import Options
from dataops.failover.canary.report import Report, from_line
from dataops.failover.scenario import Load
from dataops.postgres.connecting import parameters
from dataops.process import Running
from dataops.process import start as start_program

_KEEP_HEADS_EVERY = 1.0
_TO_START = 15.0
"""Seconds that the process has to say its first word."""


def start(
    route: Connection,
    load: Load,
    *,
    run: str,
    folder: Path,
    readers: Mapping[str, Connection] | None = None,
    dbname: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Canary:
    """A canary that writes through the route, and reads from the nodes in ``readers``, until ``stop``.

    ``folder`` takes the files of the ledger and must hold none. The schema must be there
    (``schema.prepare``). ``say`` hears what the process prints on stderr. Raises ``CanaryFailed``.
    """
    nodes = readers or {}
    options = Options(
        run=run,
        folder=folder,
        sessions=load.sessions,
        rate=load.rate,
        readers=load.readers if nodes else 0,
        patience=load.patience.total_seconds(),
        route=addresses(parameters(route, dbname, "dataops canary")),
        nodes={
            node: addresses(parameters(connection, dbname, "dataops canary reader"))
            for node, connection in nodes.items()
        },
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listening, telling = os.pipe()
    try:
        running = start_program(
            [sys.executable, "-m", "dataops.failover.canary", *options.argv()],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(Path(next(iter(dataops.__path__))).parent),
                "LC_ALL": "C.UTF-8",
                **({"PGPASSFILE": os.environ["PGPASSFILE"]} if "PGPASSFILE" in os.environ else {}),
                **options.environment(),
            },
            secrets=[each.password for each in (route, *nodes.values())],
            stdout=telling,  # the door's own reader would redact what looks like a secret in a hash
            on_line=say,
        )
    except BaseException:
        os.close(listening)
        raise
    finally:
        os.close(telling)
    canary = Canary(running, folder, listening)
    try:
        canary.wait_for_first_word(_TO_START)
    except BaseException:
        canary.end()
        raise
    return canary


class Canary:
    """A running canary. Leaving the ``with`` block ends it; ``stop`` ends it and gives its ledger.

    Times are seconds of CLOCK_MONOTONIC, which all processes of a machine share.
    """

    def __init__(self, running: Running, folder: Path, listening: int) -> None:
        self.folder = folder
        self._running = running
        self._news = threading.Condition()
        self._report = Report(at=time.monotonic())
        self._begun = self._report.at
        self._silent = False
        self._listener = threading.Thread(target=self._listen, args=(listening,), name="canary", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Of its process, which leads a group of its own."""
        return self._running.pid

    @property
    def report(self) -> Report:
        """What it told last."""
        with self._news:
            return self._report

    @property
    def heads(self) -> Heads:
        """How long each file of the ledger is, and its hash, as told last."""
        return self.report.heads

    @property
    def alive(self) -> bool:
        """Whether it runs and is well itself, whatever the database does."""
        return self._running.poll() is None and not self.report.trouble and not self._silent

    @property
    def unavailable(self) -> float:
        """Seconds since the last acknowledgement, of the worst session; since the start where none came.

        A few hundredths of a second while all is well: writes have pauses, reports too.
        """
        spells = self.report.spells.values()
        return time.monotonic() - min((spell.last or self._begun for spell in spells), default=self._begun)

    def wait_until_steady(self, seconds: float, *, within: float, since: float | None = None) -> float:
        """When the good spell began, once writes of all sessions went well for so many ``seconds``.

        Only what was acknowledged at ``since`` or later counts. Raises ``NotSteady`` after ``within``
        seconds, ``CanaryFailed`` where the canary itself ended.
        """
        until = time.monotonic() + within
        with self._news:
            while True:
                begun = self._report.good_since(seconds, self._begun if since is None else since)
                if begun is not None:
                    return begun
                self._refuse_if_ended()
                if not self._news.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise NotSteady(
                        f"Writes did not go well for {seconds:g} s within {within:g} s: {self._report.why}."
                    )

    def ledger(self) -> Ledger:
        """The ledger up to now, verified; may be read while the canary writes. ``LedgerUntrusted``."""
        return read(self.folder, self.heads)

    def stop(self) -> Ledger:
        """End the canary; its whole ledger, verified. Raises ``LedgerUntrusted`` and ``CanaryFailed``."""
        self.end()
        if self.report.trouble:
            raise CanaryFailed(f"The canary could not go on: {self.report.trouble}.")
        return self.ledger()

    def end(self) -> None:
        """End the process, if it runs, and hear its last words."""
        self._running.stop()
        self._listener.join(timeout=2)

    def wait_for_first_word(self, seconds: float) -> None:
        """Return once every session has begun its file; ``CanaryFailed`` otherwise."""
        until = time.monotonic() + seconds
        with self._news:
            while not self._report.heads or any(not head.lines for head in self._report.heads.values()):
                self._refuse_if_ended()
                if not self._news.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise CanaryFailed(f"The canary did not begin within {seconds:g} s.")

    def __enter__(self) -> Canary:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _keep_heads(self) -> None:
        """What was told stays beside the ledger, should we be killed; whole, whenever that is."""
        told = self.folder / f".{HEADS}"
        with contextlib.suppress(OSError):  # it is in memory too; a full disk ends the canary by itself
            told.write_text(heads_to_json(self.heads), encoding="utf-8")
            told.replace(self.folder / HEADS)

    def _refuse_if_ended(self) -> None:
        if self._report.trouble:
            raise CanaryFailed(f"The canary could not go on: {self._report.trouble}.")
        if self._silent:
            last_words = self._running.wait(deadline=2, check=False).stderr_tail.strip()
            raise CanaryFailed(f"The canary ended by itself: {last_words or 'it said nothing on stderr'}.")

    def _listen(self, descriptor: int) -> None:
        kept = 0.0
        with os.fdopen(descriptor, "rb") as pipe:
            for line in pipe:
                if line.endswith(b"\n"):  # it may be killed in the middle of a line
                    with self._news:
                        self._report = from_line(line)
                        self._news.notify_all()
                    if self._report.at > kept + _KEEP_HEADS_EVERY:
                        kept = self._report.at
                        self._keep_heads()
        self._keep_heads()
        with self._news:
            self._silent = True
            self._news.notify_all()
