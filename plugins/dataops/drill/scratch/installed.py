"""What this machine's PostgreSQL can match of what a backup wants, and what it cannot."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dataops import process
from dataops.drill.scratch.wanted import Wanted
from dataops.errors import InconclusiveError
from dataops.process import ProgramMissing

_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
_ALWAYS = {"C", "POSIX"}


def insist_on_match(wanted: Wanted, *, exact_extensions: bool) -> None:
    """``InconclusiveError`` with everything that cannot be matched here: such a drill would prove nothing."""
    if lacking := tuple(lacks(wanted, exact_extensions=exact_extensions)):
        raise InconclusiveError(f"This machine cannot match the backup's server: {' '.join(lacking)}")


def lacks(wanted: Wanted, *, exact_extensions: bool) -> Iterator[str]:
    """A sentence for each thing that this machine lacks.

    ``exact_extensions``: a logical restore makes extensions anew in the version that is installed here, so it
    must be the manifest's; files of a physical restore keep their own version.
    """
    try:
        process.find_program("postgres", wanted.major)
    except ProgramMissing as error:
        yield str(error).replace(f"postgresql-client-{wanted.major}", f"postgresql-{wanted.major}")
        return
    yield from lacking_locales(wanted)
    yield from lacking_extensions(wanted, exact=exact_extensions)
    yield from lacking_libraries(wanted.preload, wanted.major)


def lacking_locales(wanted: Wanted) -> Iterator[str]:
    """Which locales of the databases the operating system does not know."""
    here = locales()
    if here is None:  # CREATE DATABASE will say it
        return
    for dbname, locale in sorted(wanted.locales.items()):
        for name in dict.fromkeys((locale.collate, locale.ctype)):
            if locale.provider != "b" and _plain(name) not in here and name not in _ALWAYS:
                yield (
                    f"The locale {name} of database {dbname} is not installed: generate it "
                    "(Debian: the package locales-all)."
                )


def lacking_extensions(wanted: Wanted, *, exact: bool) -> Iterator[str]:
    """Which extensions are not installed for this major version, or only in another version."""
    folder = _shared(wanted.major)
    if folder is None:
        return
    for name, versions in wanted.extensions.items():
        control = folder / "extension" / f"{name}.control"
        if not control.is_file():
            yield f"The extension {name} is not installed for PostgreSQL {wanted.major}."
            continue
        found = re.search(r"^\s*default_version\s*=\s*'([^']*)'", control.read_text("utf-8"), re.MULTILINE)
        if exact and found and versions != {found[1]}:
            told = ", ".join(sorted(versions))
            yield f"The extension {name} is installed in version {found[1]}, the backup has {told}."


def lacking_libraries(names: tuple[str, ...], major: int) -> Iterator[str]:
    """Which libraries for ``shared_preload_libraries`` are not installed for this major version."""
    folder = _libraries(major)
    for name in names if folder is not None else ():
        path = Path(name.removeprefix("$libdir/"))
        if not ((folder or path) / path).with_suffix(".so").is_file():
            yield f"The library {name} of shared_preload_libraries is not installed for PostgreSQL {major}."


@cache
def locales() -> frozenset[str] | None:
    """The locales of this operating system; None where it cannot be asked."""
    try:
        told = process.run(["locale", "-a"], env=_ENVIRONMENT, deadline=30, check=False).stdout
    except ProgramMissing:
        return None
    return frozenset(_plain(line.strip()) for line in told.splitlines()) or None


def _plain(locale: str) -> str:
    """``en_US.UTF-8`` and ``en_US.utf8`` are one."""
    name, dot, encoding = locale.partition(".")
    return name + dot + encoding.lower().replace("-", "")


def _shared(major: int) -> Path | None:
    return _configured("--sharedir", major)


def _libraries(major: int) -> Path | None:
    return _configured("--pkglibdir", major)


@cache
def _configured(option: str, major: int) -> Path | None:
    """What pg_config of this major says, from beside the server's own program."""
    program = process.find_program("postgres", major).resolve().with_name("pg_config")
    if not program.is_file():
        return None
    told = process.run([program, option], env=_ENVIRONMENT, deadline=30, check=False).stdout.strip()
    return Path(told) if told else None
