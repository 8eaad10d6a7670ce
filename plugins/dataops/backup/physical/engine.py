"""pgBackRest itself: configured for one run in a private folder, its answers read, its errors explained."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dataops.backup.logical.workspace import workspace
from dataops.backup.physical import configuration
from dataops.backup.physical.configuration import Options, Repository
from dataops.backup.physical.errors import VersionUnfit
from dataops.backup.physical.explaining import explained
from dataops.backup.physical.information import BackupInfo, Stanza, parse
from dataops.backup.physical.site import Site
from dataops.errors import ConfigurationError
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.process import Finished, ProgramFailed, find_program, run, version_of

OLDEST = {16: (2, 46), 17: (2, 53, 1), 18: (2, 57)}
"""The first pgBackRest that knows a PostgreSQL (its release notes); 2.45 knows up to 15."""
OLDEST_AT_ALL = (2, 45)

Say = Callable[[str], None]
PATIENCE = 300.0
"""Seconds for a command that only looks: pgBackRest tries a store that does not answer for two minutes."""


@dataclass(frozen=True)
class PgBackRest:
    """A pgBackRest that knows its stanza and repositories."""

    program: Path
    file: Path
    stanza: str
    repositories: tuple[Repository, ...]
    environment: dict[str, str] = field(repr=False)
    user: str | None = None
    """The operating system's user that it runs as, where that is not ours."""

    def run(
        self,
        command: str,
        *options: str,
        argument: str | None = None,
        repo: int | None = None,
        deadline: float = PATIENCE,
        say: Say | None = None,
        output: int | None = None,
    ) -> Finished:
        """How the command ended; a leaf of ``errors`` where it failed, ``DeadlineExceeded`` where it hung.

        ``output`` is an open file for what must not be kept in memory or logged.
        """
        where = [f"--repo={repo}"] if repo is not None else []
        argv: list[str | Path] = [
            self.program,
            f"--config={self.file}",
            f"--stanza={self.stanza}",
            *where,
            *options,
            command,
        ]
        argv += [argument] if argument is not None else []
        try:
            return run(
                argv,
                env=self.environment,
                deadline=deadline,
                on_line=say,
                cwd="/",
                user=self.user,
                stdout=output,
            )
        except ProgramFailed as error:
            which = f" in repository {repo}" if repo is not None else ""
            raise explained(error, f"pgBackRest {command.split(maxsplit=1)[0]}{which}") from error

    def info(self, repo: int | None = None, label: str | None = None) -> Stanza:
        """What the repositories hold; of one backup with ``label``, then with its list of damaged files."""
        options = [f"--set={label}"] if label else []
        return parse(self.run("info", "--output=json", *options, repo=repo).stdout, self.stanza)

    def backup(self, label: str, repo: int) -> BackupInfo | None:
        """One backup of one repository."""
        return next((each for each in self.info(repo, label).of(repo) if each.label == label), None)

    @property
    def version(self) -> tuple[int, ...]:
        """Such as (2, 53, 1)."""
        return version_numbers(version_of(self.program))


@contextmanager
def pgbackrest(platform: Platform, server: Server, site: Site | None = None) -> Generator[PgBackRest]:
    """pgBackRest on this worker for one server, in a private folder that is removed at the end.

    With ``site`` it reaches the database hosts; without, only the repositories.
    """
    access = platform.connection(server.pgbackrest)
    with workspace() as folder:
        stanza: Options = {"pg1-path": f"{folder}/nowhere"}
        if site is not None:
            stanza = configuration.host_options(access, site)
        yield configured(platform, server, folder, stanza)


def configured(
    platform: Platform, server: Server, folder: Path, stanza: Options, user: str | None = None
) -> PgBackRest:
    """pgBackRest whose files lie in ``folder``, which the caller owns and removes."""
    access = platform.connection(server.pgbackrest)
    kept = repositories(platform)
    sections = {
        "global": configuration.general_options(server, str(folder)),
        server.stanza: stanza,
    }
    for repository in kept:
        sections["global"] |= configuration.repository_options(server, repository)
    file = folder / "pgbackrest.conf"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(configuration.text_of(sections))
    return PgBackRest(
        program=find_program("pgbackrest"),
        file=file,
        stanza=server.stanza,
        repositories=kept,
        environment=configuration.environment(server, access, kept),
        user=user,
    )


def repositories(platform: Platform) -> tuple[Repository, ...]:
    """The store's repository, and the replica's where there is a replica."""
    found = [Repository(1, platform.connection("dataops_store"), platform.store.bucket)]
    if platform.replica is not None:
        found.append(Repository(2, platform.connection("dataops_replica"), platform.replica.bucket))
    return tuple(found)


def insist_on_version(engine: PgBackRest, major: int) -> str:
    """The version that runs here; ``VersionUnfit`` where it does not know a PostgreSQL of this major."""
    found = engine.version
    needed = OLDEST.get(major, OLDEST_AT_ALL if major < min(OLDEST) else None)
    if needed is None:
        return ".".join(map(str, found))  # newer than this table: pgBackRest itself says whether it knows it
    if found < needed:
        wanted = ".".join(map(str, needed))
        raise VersionUnfit(
            f"pgBackRest {'.'.join(map(str, found))} is installed here; "
            f"PostgreSQL {major} needs {wanted} or newer, and the same version here and on the database host."
        )
    return ".".join(map(str, found))


def version_numbers(text: str) -> tuple[int, ...]:
    """``pgBackRest 2.53.1`` as (2, 53, 1)."""
    found = re.search(r"(\d+(?:\.\d+)+)", text)
    if found is None:
        raise ConfigurationError(f"{text!r} is not a version of pgBackRest: is that program pgBackRest?")
    return tuple(int(part) for part in found[1].split("."))
