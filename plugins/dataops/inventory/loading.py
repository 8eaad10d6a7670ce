"""Reading the include folder: every mistake of every file is found, and none stops the other files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from zlib import crc32

from pydantic import ValidationError

from dataops.errors import ConfigurationError
from dataops.inventory.database import Database
from dataops.inventory.document import Document, NotYaml, content_of, read_document
from dataops.inventory.explain import problems_of
from dataops.inventory.inventory import Inventory, Subject
from dataops.inventory.problem import InvalidFile, Problem
from dataops.inventory.server import Server

FOLDERS: dict[str, type[Server] | type[Database]] = {"servers": Server, "databases": Database}


class NoInclude(ConfigurationError):
    """The include folder is not there: nothing would be backed up, and nothing would say so."""


@dataclass
class File:
    """One file of the inventory: its subject where it is valid, else its problems."""

    path: Path
    kind: Literal["server", "database"]
    document: Document | None = None
    subject: Subject | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.subject is not None and not self.problems

    @property
    def name(self) -> str:
        """The subject's name by the file's; where that is no name, a unique one that is safe in a DAG id."""
        stem = self.path.stem if self.path.suffix == ".yaml" else self.path.name
        safe = re.sub(r"[^a-z0-9_-]+", "_", stem.lower())[:100]
        return safe if safe == stem else f"{safe}-{crc32(stem.encode()):08x}"

    def says(self, key: str) -> str | None:
        """The text that the file has for a key, valid or not; None where it has none."""
        value = self.document.values.get(key) if self.document else None
        return value if isinstance(value, str) else None

    @property
    def owner(self) -> str:
        """Who is called about the file; empty where it does not say so in a form that can be an owner."""
        wrong = any(problem.field == "owner" for problem in self.problems)
        return "" if wrong else self.says("owner") or ""

    def problem(self, key: str, message: str, value: str = "", allowed: tuple[str, ...] = ()) -> Problem:
        """A problem of this file, placed at this dotted key, in which numbers count a list from 0."""
        parts = [int(part) if part.isdecimal() else part for part in key.split(".")]
        line = self.document.place(*parts).line if self.document and key else 0
        return Problem(self.path, line, key, message, value, allowed)


def load(include: Path, environment: str | None = None) -> Inventory:
    """The inventory of an include folder, of one environment or of all.

    Never raises for a file's sake: what is wrong stands in ``invalid``. Raises ``NoInclude``
    where the folder is missing. Reads local files only.
    """
    return replace(inventory_of(read(include), environment), folder=include)


def read(include: Path) -> tuple[File, ...]:
    """Every file of the include folder, sorted by path, each checked alone and against the others."""
    from dataops.inventory.consistency import check_together

    if not include.is_dir():
        raise NoInclude(f"There is no folder {include}: set DATAOPS_INCLUDE to the inventory's folder.")
    files = tuple(file for folder in sorted(FOLDERS) for file in _read_folder(include, folder))
    check_together(files)
    return files


def inventory_of(files: tuple[File, ...], environment: str | None = None) -> Inventory:
    """The inventory that these files make, of one environment or of all."""
    environments = {file.name: file.says("environment") for file in files if file.kind == "server"}
    servers: list[Server] = []
    databases: list[Database] = []
    invalid: dict[str, InvalidFile] = {}
    warnings: list[Problem] = []
    for file in files:
        belongs = environments.get(file.name if file.kind == "server" else file.says("server") or "")
        if environment and belongs and belongs != environment:
            continue
        if not file.valid:
            before = invalid[file.name].errors if file.name in invalid else ()
            invalid[file.name] = InvalidFile(
                file.name, file.path, tuple(sorted((*before, *file.problems))), belongs, file.owner
            )
        elif isinstance(file.subject, Server):
            servers.append(file.subject)
        elif isinstance(file.subject, Database):
            databases.append(file.subject.model_copy(update={"environment": belongs or ""}))
        warnings += file.warnings
    return Inventory(
        tuple(servers), tuple(databases), tuple(invalid[name] for name in sorted(invalid)), tuple(warnings)
    )


def _read_folder(include: Path, folder: str) -> Iterator[File]:
    try:
        paths = sorted((include / folder).iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise NoInclude(f"The folder {include / folder} cannot be read: {error.strerror}.") from None
    for path in paths:
        # Editors, Git and Kubernetes' mounts keep hidden files; README and the like are no YAML.
        hidden = path.name.startswith(".")
        if not hidden and (path.suffix in {".yaml", ".yml"} or path.is_dir()):
            yield _read_file(path, folder)


def _read_file(path: Path, folder: str) -> File:
    # A name that is not UTF-8 could not be printed.
    printable = os.fsencode(path.name).decode(errors="replace")
    file = File(Path("include", folder, printable), "server" if folder == "servers" else "database")
    if path.suffix != ".yaml":
        file.problems.append(
            file.problem("", "is not read: only files named <name>.yaml, in this folder, are")
        )
        return file
    try:
        file.document = read_document(content_of(path))
    except NotYaml as error:
        file.problems.append(Problem(file.path, error.line, "", f"The file {error}"))
        return file
    _validate(file, FOLDERS[folder])
    return file


def _validate(file: File, model: type[Server] | type[Database]) -> None:
    document = file.document
    assert document is not None
    for key, line in document.repeated:
        file.problems.append(Problem(file.path, line, key, "stands there twice: keep one"))
    try:
        file.subject = model.model_validate(document.values, by_alias=True, by_name=False)
    except ValidationError as error:
        file.problems += problems_of(error, model, file.path, document)
    key = file.kind
    named = file.says(key)
    if named is not None and named != file.path.stem:
        message = f"is not the file's name: name the file {named}.yaml, or the {key} {file.path.stem}"
        file.problems.append(file.problem(key, message, repr(named)))
