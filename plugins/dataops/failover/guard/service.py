"""The guard as a service: a watch over every server, and a sign of life in the store."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.guard import heartbeat, telling
from dataops.failover.guard.acting import PATIENCE
from dataops.failover.guard.heartbeat import Heartbeat
from dataops.failover.guard.paging import Pager
from dataops.failover.guard.reaching import Make, obstacle
from dataops.failover.guard.strangers import open_on_others
from dataops.failover.guard.watch import STORE_PATIENCE, Acted, Watch
from dataops.failover.journaling import Entry

if TYPE_CHECKING:
    from dataops.inventory import Server
    from dataops.platform import Platform

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks while no round is open; a quarter of it while one is."""
BEAT_EVERY = 15.0
"""Seconds between two beats while there is no news: each is a version more in a bucket that keeps them."""
REACH_EVERY = 60.0
"""Seconds between two looks whether the guard could act, if it had to."""
STUCK = 30.0
"""Seconds after which a watch that has not come back from its look counts as stuck."""
_TO_END = 10.0
_FIRST_EVERY = 0.05


class Guard:
    """Watches the servers of one environment that may be failed over. Several guards may run at once."""

    def __init__(
        self,
        platform: Platform,
        *,
        say: Say,
        make: Make | None = None,
        every: float = EVERY,
        holder: str = "",
        patience: float = PATIENCE,
    ) -> None:
        self._platform = platform
        self._say = say
        self._make: Make = make or (lambda server: driver_of(platform, server, say))
        self._every = every
        self._pager = Pager(platform.resolve, say)
        own = secrets.token_hex(3)  # containers may share host name and process number
        holder = holder or f"guard on {socket.gethostname()}, process {os.getpid()} ({own})"
        self._watches = [
            Watch(platform, each, self._make, self._pager, say, holder, patience)
            for each in _guarded(platform)
        ]
        self._started = datetime.now(UTC)
        self._turned = {each.server.name: time.monotonic() for each in self._watches}
        self._reaches: dict[str, str] = {}

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that it watches."""
        return tuple(each.server.name for each in self._watches)

    def insist_on_servers(self) -> None:
        """``ConfigurationError`` where there is nothing to watch, naming the files that are invalid."""
        broken = [f"{each.path}: {each.errors[0]}" for each in self._platform.inventory.invalid]
        if not self._watches:
            raise ConfigurationError(
                f"No valid file of {self._platform.environment!r} has a server with `failover:`: nothing to "
                f"guard. {' '.join(broken[:1])}".rstrip()
            )
        for each in broken:
            self._say(f"not guarded: {each}")

    def strangers(self) -> tuple[Entry, ...]:
        """The open rounds on servers that it does not watch; raises what keeps it from looking."""
        return open_on_others(self._platform.store.patient_for(STORE_PATIENCE), self.servers)

    def tick(self) -> tuple[Acted, ...]:
        """One look at every server; what was done. What could not be seen stands in ``troubles``."""
        return tuple(acted for each in self._watches if (acted := each.look()) is not None)

    @property
    def troubles(self) -> Mapping[str, str]:
        """The servers of which the last look saw nothing, and why."""
        return {each.server.name: each.trouble for each in self._watches if each.trouble}

    @property
    def open(self) -> tuple[Entry, ...]:
        """The rounds that stood open at the last look."""
        return tuple(each.open for each in self._watches if each.open is not None)

    def run(self, ending: threading.Event) -> None:
        """Watch until ``ending`` is set. Each server is looked at by itself: one that hangs delays no other.

        ``ConfigurationError`` where there is nothing to watch.
        """
        self.insist_on_servers()
        threads = [
            threading.Thread(target=work, args=(each, ending), name=f"{name}-{each.server.name}", daemon=True)
            for each in self._watches
            for name, work in (("watch", self._watch), ("reach", self._reach))
        ]
        threads.append(threading.Thread(target=self._look_for_strangers, args=(ending,), daemon=True))
        self._say(
            f"guarding {', '.join(self.servers)}; pages by {', '.join(self._pager.channels()) or 'NOTHING'}"
        )
        try:
            for thread in threads:
                thread.start()
            self._beat(ending)
        finally:
            ending.set()
            deadline = time.monotonic() + _TO_END
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            self._leave()

    def _watch(self, watch: Watch, ending: threading.Event) -> None:
        while not ending.is_set():
            try:
                watch.look()
            except Exception:  # the next look may go well, and nobody else looks
                log.exception("The watch over %s stumbled", watch.server.name)
                self._say(f"{watch.server.name}: the watch stumbled; see the log")
            self._turned[watch.server.name] = time.monotonic()
            ending.wait(self._every / 4 if watch.open else self._every)

    def _reach(self, watch: Watch, ending: threading.Event) -> None:
        name = watch.server.name
        while not ending.is_set():
            if watch.open is None or name not in self._reaches:
                found = obstacle(self._platform, watch.server, self._make)
                if found and found != self._reaches.get(name):
                    self._say(f"{name}: the guard could not act: {found}")
                self._reaches[name] = found
            ending.wait(self._every if self._reaches.get(name) else REACH_EVERY)

    def _look_for_strangers(self, ending: threading.Event) -> None:
        told: set[str] = set()
        while not ending.is_set():
            try:
                for entry in self.strangers():
                    page = telling.stranger(self._platform.environment, entry)
                    if page.key not in told and self._pager.deliver(page).verdict is Verdict.PASSED:
                        told.add(page.key)
            except DataOpsError as error:
                log.warning("other open rounds cannot be looked for: %s", error)
            ending.wait(REACH_EVERY)

    def _beat(self, ending: threading.Event) -> None:
        told, due, trouble = None, 0.0, ""
        self._know_first(ending)
        while not ending.is_set():
            mine = self._heartbeat()
            if mine != told or time.monotonic() >= due:
                try:
                    heartbeat.beat(self._platform.store.patient_for(STORE_PATIENCE), mine)
                    told, due, trouble = mine, time.monotonic() + BEAT_EVERY, ""
                except DataOpsError as error:
                    if str(error) != trouble:
                        self._say(f"no heartbeat, so no test begins: {error}")
                    trouble = str(error)
            ending.wait(self._every)

    def _know_first(self, ending: threading.Event) -> None:
        """No beat before every server was looked at once: tests would take it for one that cannot act."""
        deadline = time.monotonic() + STUCK
        while len(self._reaches) < len(self._watches) and time.monotonic() < deadline:
            if ending.wait(_FIRST_EVERY):
                return

    def _leave(self) -> None:
        try:
            heartbeat.leave(self._platform.store.patient_for(STORE_PATIENCE), self._heartbeat())
        except DataOpsError as error:  # it goes stale by itself
            self._say(f"the last heartbeat stays: {error}")

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            host=socket.gethostname(),
            process=os.getpid(),
            environment=self._platform.environment,
            every=BEAT_EVERY,
            started=self._started,
            at=self._started,
            reaches=self._obstacles(),
            pages=bool(self._pager.channels()),
        )

    def _obstacles(self) -> Mapping[str, str]:
        """What is known to be in the way, by server; one that nobody has looked at yet is not among them."""
        now = time.monotonic()
        stuck = {
            name: f"the guard's watch has not come back for {now - turned:.0f} s"
            for name, turned in self._turned.items()
            if now - turned > STUCK + self._every
        }
        return {**self._reaches, **stuck}


def _guarded(platform: Platform) -> list[Server]:
    return [each for each in platform.inventory.servers if each.failover and each.retired is None]
