"""Plain files of pg_dump: custom, directory, tar, SQL, gzipped or not, in a folder or under an S3 prefix."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dataops import postgres, process
from dataops.backup.restore.target import session_on
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.adapters.archive_head import COMPLETE, ArchiveHead
from dataops.drill.adapters.dump_place import Bucket, Folder, Place, bring, head_of
from dataops.drill.adapters.taken import NotRestorable, Taken, about
from dataops.drill.point import Kind, Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.restoring.filling import Filling
from dataops.drill.scratch.local import Local, os_user, parent_of, private_folder
from dataops.drill.scratch.server import Scratch
from dataops.drill.scratch.wanted import Wanted
from dataops.errors import ConfigurationError
from dataops.inventory import Database, ThirdParty
from dataops.store import Keys, ObjectStore

SUPERUSER = "postgres"
_NAME = r'("(?:[^"]|"")+"|[^\s;,]+)'
_ROLES = (
    re.compile(rf"^ALTER .* OWNER TO {_NAME};"),
    re.compile(rf"^(?:GRANT|REVOKE) .* (?:TO|FROM) {_NAME}(?: WITH GRANT OPTION)?;"),
    re.compile(rf"^ALTER DEFAULT PRIVILEGES FOR ROLE {_NAME} "),
    re.compile(rf"^ALTER DEFAULT PRIVILEGES .* (?:TO|FROM) {_NAME}(?: WITH GRANT OPTION)?;"),
    re.compile(rf"^CREATE POLICY .* TO {_NAME} "),
    re.compile(rf"^CREATE USER MAPPING FOR {_NAME} "),
)
_TABLESPACE = re.compile(rf"^SET default_tablespace = {_NAME};")
_NOBODY = {"PUBLIC", "CURRENT_USER", "SESSION_USER", SUPERUSER}


@dataclass(frozen=True)
class PgDumpFiles:
    """See ``Adapter``. The moment of a dump is its file's time: it began earlier."""

    job: Job
    source: ThirdParty

    @property
    def reason(self) -> str:
        """See ``Adapter``."""
        return "the backup is a file of pg_dump, which carries no manifest"

    @property
    def point_kind(self) -> Kind:
        """See ``Adapter``."""
        return "backup"

    @cached_property
    def place(self) -> Place:
        """Where the dumps lie."""
        if not self.source.location.startswith("s3://"):
            return Folder(Path(self.source.location))
        bucket, _, prefix = self.source.location.removeprefix("s3://").partition("/")
        connection = self.job.platform.connection(self.source.connection)
        return Bucket(ObjectStore.from_connection(connection, bucket), prefix)

    def backups(self) -> Sequence[Taken]:
        """See ``Adapter``."""
        found = self.place.dumps(self.source.pattern)
        return sorted(found, key=lambda taken: (taken.at, taken.place), reverse=True)

    def programs(self, point: Point) -> Mapping[str, str]:
        """See ``Adapter``."""
        head = self._head(point)
        needed = ("postgres", "psql" if head.form == "plain" else "pg_restore")
        return {name: process.version_of(process.find_program(name, head.major)) for name in needed}

    @contextmanager
    def restored(self, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
        """See ``Adapter``. Roles are not in such a file: those that it names are made, without a login."""
        subject, settings = self.job.subject, self.job.subject.drill
        if not isinstance(subject, Database):
            raise ConfigurationError(
                "Files of pg_dump are of one database: declare them in include/databases."
            )
        head = self._head(point)
        with private_folder(parent_of(self.job), drill_id) as folder:
            dump = folder / "dump"
            fetch = _timed(lambda: self._bring(point, dump, head))
            script = _schema(dump, head)
            wanted = Wanted(head.major, {}, _extensions(script), ())
            begun = time.monotonic()
            with Local(folder, settings.jobs, self.job.say).empty(wanted, superuser=SUPERUSER) as scratch:
                start = round(time.monotonic() - begun, 3)
                filled = self._filling(scratch, head, head.dbname or subject.dbname)
                restore, analyze = filled.fill(_globals(script), dump)
                shutil.rmtree(dump) if dump.is_dir() else dump.unlink()
                phases = Phases(fetch=fetch, restore=restore, start=start, analyze=analyze)
                yield self._server(point, filled, phases, drill_id)

    def _filling(self, scratch: Scratch, head: ArchiveHead, dbname: str) -> Filling:
        settings = self.job.subject.drill
        return (_Plain if head.form == "plain" else Filling)(
            scratch=scratch,
            dbname=dbname,
            superuser=SUPERUSER,
            jobs=1 if head.form == "tar" else settings.jobs,
            patience=settings.max_duration.total_seconds(),
            say=self.job.say,
        )

    def _server(self, point: Point, filled: Filling, phases: Phases, drill_id: str) -> RestoredServer:
        scratch, dbname = filled.scratch, filled.dbname
        found = {
            "server_version": self._head(point).server_version,
            "dbname": dbname,
            "database_bytes": _size(scratch.connection, dbname),
            "programs": dict(self.programs(point)),
        }
        return RestoredServer(
            drill_id=drill_id,
            point=point,
            header=point.header.model_copy(update=found),
            method="logical",
            connection=scratch.connection,
            major=scratch.major,
            keys=Keys((), (), secrets.token_bytes(32)),
            settings=self.job.subject.drill,
            phases=phases,
            dbnames=(dbname,),
            expectations={dbname: None},
            without_manifest=self.reason,
            data_directory=scratch.data_directory,
            restore_log=tuple(filled.log),
            server_log=scratch.log,
            os_user=scratch.os_user,
        )

    def _bring(self, point: Point, dump: Path, head: ArchiveHead) -> None:
        bring(self.place, str(about(point)["place"]), dump, directory=head.form == "directory")

    def _head(self, point: Point) -> ArchiveHead:
        told = about(point)
        return head_of(self.place, str(told["place"]), directory=bool(told["directory"]))


class _Plain(Filling):
    """A plain dump is a script: psql runs it, in a database of its own where it does not make one."""

    scratch: Scratch

    def _make_room(self) -> None:
        """Only a script that makes its own database meets one of its name."""

    def _pg_restore(self, dump: Path) -> None:
        _insist_on_end(dump)
        makes_its_own = any(line.startswith("CREATE DATABASE ") for line in _statements(dump))
        if not makes_its_own and self.dbname not in {"postgres", "template1"}:
            name = self.dbname.replace('"', '""')
            self._execute(self._maintenance, [f'CREATE DATABASE "{name}" TEMPLATE template0'], "database")
        user = os_user()
        if user is not None:
            shutil.chown(dump, user)
        dbname = self._maintenance if makes_its_own else self.dbname
        finished = process.run(
            [
                process.find_program("psql", self.scratch.major),
                *("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=0", "--output=/dev/null"),
                f"--file={dump}",
            ],
            env=postgres.environment_of(self._connection, dbname, application_name="dataops drill"),
            deadline=self.patience,
            on_line=self._keep,
            user=user,
            cwd="/",
            check=False,
        )
        if finished.returncode:
            self.log.append(f"psql: error: ended with exit code {finished.returncode}")

    def _keep(self, line: str) -> None:
        """What psql says of a line of the script; details, which hold rows, are left out."""
        if line.startswith("psql:"):
            self.log.append(re.sub(r"^psql:\S+:(\d+): ", r"psql: line \1: ", line))


def _insist_on_end(dump: Path) -> None:
    with dump.open("rb") as file:
        file.seek(max(0, dump.stat().st_size - 4096))
        if COMPLETE not in file.read():
            raise NotRestorable("The dump was cut off: it does not end with pg_dump's own last words.")


def _schema(dump: Path, head: ArchiveHead) -> list[str]:
    """The dump's statements without its rows, as far as roles and extensions are named in them."""
    if head.form == "plain":
        return list(_statements(dump))
    argv: list[str | Path] = [
        process.find_program("pg_restore", head.major),
        "--schema-only",
        "--file=-",
        dump,
    ]
    done = process.run(argv, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, check=False)
    return done.stdout.splitlines()


def _statements(dump: Path) -> Iterable[str]:
    begins = (
        "ALTER ",
        "GRANT ",
        "REVOKE ",
        "CREATE POLICY ",
        "CREATE USER ",
        "CREATE EXTENSION ",
        "SET default_t",
    )
    with dump.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith((*begins, "CREATE DATABASE ")):
                yield line.rstrip("\n")


def _globals(script: Iterable[str]) -> str:
    """Statements that make what the dump takes for granted: roles and tablespaces."""
    roles: set[str] = set()
    tablespaces: set[str] = set()
    for line in script:
        roles |= {found[1] for pattern in _ROLES if (found := pattern.match(line))}
        if (found := _TABLESPACE.match(line)) and found[1] not in {"''", '""'}:
            tablespaces.add(found[1])
    made = [f"CREATE ROLE {name};" for name in sorted(roles - _NOBODY)]
    made += [
        f"CREATE TABLESPACE {name} OWNER {SUPERUSER} LOCATION '/{name}';" for name in sorted(tablespaces)
    ]
    return "\n".join(made) + "\n"


def _extensions(script: Iterable[str]) -> dict[str, frozenset[str]]:
    pattern = re.compile(rf"^CREATE EXTENSION (?:IF NOT EXISTS )?{_NAME}")
    names = [found[1].strip('"') for line in script if (found := pattern.match(line))]
    return {name: frozenset() for name in sorted(names)}


def _size(connection: Connection, dbname: str) -> int:
    with closing(session_on(connection, dbname)) as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())")
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


def _timed(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return round(time.monotonic() - begun, 3)
