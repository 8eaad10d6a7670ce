"""The folder that holds all of a sandbox: ``.sandbox`` of the checkout, or what ``SANDBOX_HOME`` names."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import os_user, ports
from sandbox.deadline import wait_until
from sandbox.errors import Missing

REPOSITORY = Path(__file__).resolve().parent.parent
NEEDED_BYTES = 5 * 1024**3
# A socket's path holds at most 107 characters: leave room for the names inside.
LONGEST = 70
PATIENCE = 5.0


@dataclass(frozen=True)
class Home:
    """One sandbox's state. Several may live beside each other."""

    path: Path

    @classmethod
    def current(cls) -> Home:
        """The home that the environment names."""
        return cls(Path(os.environ.get("SANDBOX_HOME") or REPOSITORY / ".sandbox").resolve())

    @property
    def environment(self) -> Path:
        """What clients need, in dotenv form."""
        return self.path / "env"

    @property
    def logs(self) -> Path:
        """One file per service."""
        return self.path / "log"

    @property
    def run(self) -> Path:
        """The supervisor's configuration and what was already done."""
        return self.path / "run"

    @property
    def private(self) -> Path:
        """A short path that PostgreSQL's own user can traverse: for its data and for all sockets."""
        return (self.path / "postgresql").resolve()

    def log(self, service: str) -> Path:
        """The one log of a service."""
        return self.logs / f"{service}.log"

    def prepare(self) -> None:
        """Make the folders; ``Missing`` where the disk has no room for them."""
        if "%" in str(self.path):
            raise Missing(
                f"The supervisor cannot live with a '%' in {self.path}: set SANDBOX_HOME to another folder."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.path).free
        if free < NEEDED_BYTES:
            raise Missing(
                f"The disk is short: {self.path} has {free / 1024**3:.1f} GB free, the sandbox needs 5 GB."
            )
        for folder in (self.logs, self.run):
            folder.mkdir(exist_ok=True)
        self._prepare_private()

    def _prepare_private(self) -> None:
        link = self.path / "postgresql"
        if link.exists():
            return
        link.unlink(missing_ok=True)
        if len(str(link)) <= LONGEST and os_user.can_traverse(self.path):
            os_user.own_folder(link)
        else:
            key = hashlib.sha256(str(self.path).encode()).hexdigest()[:10]
            link.symlink_to(os_user.own_folder(Path("/var/tmp") / f"dataops-sandbox-{key}"))

    @property
    def _ports(self) -> Path:
        return self.run / "ports.json"

    @property
    def known_ports(self) -> dict[str, int]:
        """The ports by name; empty before the first start."""
        return dict(json.loads(self._ports.read_text())) if self._ports.exists() else {}

    def ports(self, names: Iterable[str], *, running: bool) -> tuple[dict[str, int], list[str]]:
        """The ports chosen at the first start, and the names of those that somebody took since."""
        remembered = self.known_ports
        if running and set(names) <= set(remembered):
            return remembered, []
        # A program that was killed a moment ago may hold its port for another.
        wait_until(lambda: all(map(ports.is_free, remembered.values())), seconds=PATIENCE)
        chosen, lost = ports.chosen_or_free(remembered, names)
        self._ports.write_text(json.dumps(chosen, indent=1))
        return chosen, lost

    def done(self, name: str, fingerprint: str = "") -> bool:
        """Whether ``remember`` was called with this fingerprint."""
        mark = self.run / f"{name}.done"
        return mark.exists() and mark.read_text() == fingerprint

    def remember(self, name: str, fingerprint: str = "") -> None:
        """Note that a step that is needed once has been done."""
        (self.run / f"{name}.done").write_text(fingerprint)

    @contextmanager
    def lock(self, say: Callable[[str], None]) -> Generator[None]:
        """Only one ``up`` or ``down`` at a time; the second says so and waits."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another up or down of this sandbox is at work: waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
