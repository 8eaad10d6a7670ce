"""One file of a scenario: what it says, where each field stands, and what is wrong with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from pydantic import ValidationError

from dataops.failover.scenario import Scenario
from dataops.inventory.document import Document, NotYaml, content_of, read_document
from dataops.inventory.explain import problems_of
from dataops.inventory.problem import Problem

FOLDER = "failover"
KEY = "scenario"


@dataclass
class ScenarioFile:
    """One file: its scenario where it is valid, else its problems. ``path`` begins with ``include``."""

    path: Path
    document: Document | None = None
    scenario: Scenario | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The scenario's name by the file's; where that is no name, a unique one that is safe in a DAG id."""
        stem = self.path.stem if self.path.suffix == ".yaml" else self.path.name
        safe = re.sub(r"[^a-z0-9_-]+", "_", stem.lower())[:100]
        return safe if safe == stem and "__" not in safe else f"{_parted(safe)}-{crc32(stem.encode()):08x}"

    def says(self, key: str) -> str | None:
        """The text that the file has for a key, valid or not; None where it has none."""
        value = self.document.values.get(key) if self.document else None
        return value if isinstance(value, str) else None

    def complain(self, key: str, message: str, value: str = "", allowed: tuple[str, ...] = ()) -> None:
        """Puts down a mistake, placed at this dotted key."""
        line = self.document.place(*key.split(".")).line if self.document and key else 0
        self.problems.append(Problem(self.path, line, key, message, value, allowed))


def read(path: Path) -> ScenarioFile:
    """The file, checked by itself alone. Raises nothing: what is wrong stands in ``problems``."""
    # A name that is not UTF-8 could not be printed.
    printable = os.fsencode(path.name).decode(errors="replace")
    file = ScenarioFile(Path("include", FOLDER, printable))
    if path.suffix != ".yaml":
        file.complain("", "is not read: only files named <scenario>.yaml, in this folder, are")
        return file
    try:
        file.document = read_document(content_of(path))
    except NotYaml as error:
        file.problems.append(Problem(file.path, error.line, "", f"The file {error}"))
        return file
    _validate(file, file.document)
    return file


def _validate(file: ScenarioFile, document: Document) -> None:
    for key, line in document.repeated:
        file.problems.append(Problem(file.path, line, key, "stands there twice: keep one"))
    try:
        file.scenario = Scenario.model_validate(document.values, by_alias=True, by_name=False)
    except ValidationError as error:
        file.problems += problems_of(error, Scenario, file.path, document)
    named = file.says(KEY)
    if named is not None and named != file.path.stem:
        message = f"is not the file's name: name the file {named}.yaml, or the scenario {file.path.stem}"
        file.complain(KEY, message, repr(named))


def _parted(name: str) -> str:
    return re.sub(r"_{2,}", "_", name)
