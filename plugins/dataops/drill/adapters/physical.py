"""What Barman and WAL-G have in common: a data directory that recovers, then is opened without a network."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from abc import abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops import process
from dataops.backup.physical.contents import databases
from dataops.backup.physical.wal import Segment, gaps
from dataops.backup.restore.serving import serving
from dataops.backup.steps import Job
from dataops.drill.adapters.taken import NotRestorable
from dataops.drill.point import Kind, Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.restoring.physical import PhysicalRestore
from dataops.drill.scratch.local import os_user, parent_of, private_folder
from dataops.drill.scratch.wanted import Wanted
from dataops.errors import ConfigurationError
from dataops.inventory import Server, ThirdParty
from dataops.store import Keys


@dataclass(frozen=True)
class PhysicalAdapter:
    """See ``Adapter``. A drill goes to the end of the archive, as after a disaster."""

    job: Job
    source: ThirdParty

    @property
    def reason(self) -> str:
        """See ``Adapter``."""
        return f"the backup is {self.source.kind}'s, which carries no manifest of the contents"

    @property
    def point_kind(self) -> Kind:
        """See ``Adapter``."""
        return "end of archive"

    @property
    @abstractmethod
    def program(self) -> Path:
        """The program that restores."""

    @abstractmethod
    def copy(self, point: Point, data: Path, log: list[str]) -> None:
        """Restore the data directory into ``data``, which is not there yet, ready to recover."""

    def programs(self, point: Point) -> Mapping[str, str]:
        """See ``Adapter``."""
        postgres = process.find_program("postgres", _major(point))
        return {
            self.source.kind: process.version_of(self.program),
            "postgres": process.version_of(postgres),
        }

    @contextmanager
    def restored(self, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
        """See ``Adapter``."""
        if not isinstance(self.job.subject, Server):
            raise ConfigurationError(
                f"Backups of {self.source.kind} are of a whole server: declare them in include/servers."
            )
        wanted = Wanted(_major(point), {}, {}, ())
        with private_folder(parent_of(self.job), drill_id) as folder:
            run = _Recovery(self.job, point, folder, wanted)
            begun = time.monotonic()
            self.copy(point, folder / "data", run.restore_log)
            _own(folder / "data")
            copied = round(time.monotonic() - begun, 3)
            self.job.say(f"{self.source.kind} restored {point.header.backup_id} in {copied:.1f} s.")
            run.recover()
            how = run.serving(network=False)
            with serving(
                how, run.login, seconds=run.patience, say=self.job.say, hear=run.log.append
            ) as connection:
                names = tuple(databases(connection))
                yield RestoredServer(
                    drill_id=drill_id,
                    point=point,
                    header=point.header.model_copy(update={"programs": dict(self.programs(point))}),
                    method="physical",
                    connection=connection,
                    major=wanted.major,
                    keys=Keys((), (), secrets.token_bytes(32)),
                    settings=self.job.subject.drill,
                    phases=Phases(restore=copied, replay=run.heard.replay, start=run.heard.start),
                    dbnames=names,
                    expectations=dict.fromkeys(names),
                    without_manifest=self.reason,
                    data_directory=how.data,
                    restore_log=tuple(run.restore_log),
                    server_log=lambda: tuple(run.log),
                    last_commit=run.last_commit,
                    os_user=how.user,
                )


class _Recovery(PhysicalRestore):
    """Recovery of a directory that another program restored."""

    def recover(self) -> None:
        """See ``PhysicalRestore``: what it removes afterwards is there."""
        (self.folder / "data.recovery").mkdir(mode=0o700, exist_ok=True)
        super().recover()


def environment() -> dict[str, str]:
    """Of the other program: what finds its own files, and no secret of ours."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "USER")
    return {"LC_ALL": "C.UTF-8", **{name: os.environ[name] for name in kept if name in os.environ}}


def to_recover(data: Path, restore_command: str) -> None:
    """The data directory recovers to the end of the archive when it is started."""
    command = restore_command.replace("'", "''")
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write(f"\nrestore_command = '{command}'\nrecovery_target_timeline = 'latest'\n")
    (data / "recovery.signal").touch()


def insist_on_gapless(folder: Path, begins: str, ends: str) -> None:
    """``NotRestorable`` where WAL is missing in ``folder``: recovery would end there in silence.

    ``begins`` and ``ends`` are the segments that the backup itself needs.
    """
    found = {path.name: path.stat().st_size for path in folder.iterdir() if len(path.name) == 24}
    size = max(found.values(), default=1 << 24)
    start, until = Segment.named(begins, size), Segment.named(ends, size)
    if holes := gaps([Segment.named(name, size) for name in found], start, until):
        first, last = holes[0]
        through = f" to {last.name(size)}" if last != first else ""
        raise NotRestorable(
            f"WAL segment {first.name(size)}{through} is missing: what came after it is lost."
        )


def _own(data: Path) -> None:
    """The data directory belongs to the server's own user, and to nobody else."""
    user = os_user()
    data.chmod(0o700)
    if user is None:
        return
    for folder, folders, files in os.walk(data):
        for name in (".", *folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                os.chown(path, *_ids(user), follow_symlinks=False)
            else:
                shutil.chown(path, user, user)


def _ids(user: str) -> tuple[int, int]:
    import pwd

    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _major(point: Point) -> int:
    return int(point.header.server_version.partition(".")[0])
