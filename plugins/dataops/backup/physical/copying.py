"""Copying a server into one repository, and reading back what pgBackRest noted of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dataops.backup.physical.engine import PgBackRest
from dataops.backup.physical.errors import BackupDamaged, PgBackRestFailed
from dataops.backup.physical.information import BackupInfo
from dataops.backup.physical.site import Site
from dataops.inventory import BackupType

Say = Callable[[str], None]
SHOWN = 10


def ensure_stanza(engine: PgBackRest, say: Say) -> bool:
    """Whether the stanza had to be made in some repository; harmless where it is there."""
    stanza = engine.info()
    missing = [each.number for each in engine.repositories if not stanza.exists_in(each.number)]
    if missing:
        engine.run("stanza-create")
        say(f"Made the stanza {engine.stanza} in repository {', '.join(map(str, missing))}.")
    return bool(missing)


def copy(
    engine: PgBackRest,
    site: Site,
    repo: int,
    wanted: BackupType,
    *,
    known: Collection[str],
    deadline: float,
    say: Say,
) -> BackupInfo:
    """The backup that was taken into a repository, as its own information describes it.

    ``known`` are the labels of published backups: a diff or incr built on any other would hang on a
    backup that does not count, so then a full one is taken. Raises ``BackupDamaged`` where page checksums
    were invalid.
    """
    before = engine.info(repo).of(repo)
    chosen, why = fit_type(wanted, before, known)
    if why:
        say(f"A full backup instead of {wanted}: {why}.")
    standby = ["--backup-standby"] if site.standby is not None else []
    engine.run("backup", f"--type={chosen}", *standby, repo=repo, deadline=deadline, say=say)
    labels = {each.label for each in before}
    taken = [each for each in engine.info(repo).of(repo) if each.label not in labels]
    if len(taken) != 1:
        raise PgBackRestFailed(f"Repository {repo} shows {len(taken)} new backups after one was taken.")
    insist_on_sound_pages(engine, taken[0], repo)
    return taken[0]


def insist_on_sound_pages(engine: PgBackRest, taken: BackupInfo, repo: int) -> None:
    """``BackupDamaged`` where pgBackRest met invalid page checksums: it exits with 0 all the same."""
    if not taken.error:
        return
    detailed = engine.backup(taken.label, repo)
    files = list(detailed.error_list if detailed else ())
    shown = ", ".join(files[:SHOWN]) or "pgBackRest names none"
    raise BackupDamaged(
        f"Backup {taken.label} holds pages with invalid checksums, so the server's own files are damaged: "
        f"{shown}{' …' if len(files) > SHOWN else ''}. It is not published. Do not delete older backups."
    )


def fit_type(
    wanted: BackupType, present: Collection[BackupInfo], known: Collection[str]
) -> tuple[BackupType, str]:
    """The type that can be taken, and why it is not the wanted one."""
    if wanted == "full":
        return "full", ""
    fulls = [each for each in present if each.type == "full"]
    if not fulls:
        return "full", "there is none yet to build on"
    base = max(fulls, key=lambda each: each.label)
    newest = max(present, key=lambda each: each.label)
    for each in (base,) if wanted == "diff" else (base, newest):
        if each.label not in known:
            return "full", f"{each.label} was never published"
    return wanted, ""
