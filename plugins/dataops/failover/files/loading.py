"""Reading include/failover: every mistake of every file is found, and none stops the other files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import ConfigurationError
from dataops.failover.files.consistency import check_file
from dataops.failover.files.scenario_file import FOLDER, ScenarioFile, read
from dataops.failover.scenario import Scenario
from dataops.inventory import InvalidFile, Inventory, Problem
from dataops.inventory import load as load_inventory
from dataops.inventory.explain import nearest


class ScenarioInvalid(ConfigurationError):
    """The file of a scenario cannot be used; ``problems`` has every mistake, the message the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = f" ({len(problems) - 1} more: `dataops inventory check` lists them)"
        super().__init__(f"{problems[0]}{more if len(problems) > 1 else ''}")
        self.problems = tuple(problems)


class UnknownScenario(ConfigurationError):
    """There is no file of this scenario."""


class OtherEnvironment(ConfigurationError):
    """The scenario's database is not of the environment that is operated."""


@dataclass(frozen=True)
class Scenarios:
    """The valid scenarios of an environment, sorted by name, and the files that are invalid."""

    scenarios: tuple[Scenario, ...] = ()
    invalid: tuple[InvalidFile, ...] = ()


def load(include: Path, environment: str | None = None, *, inventory: Inventory | None = None) -> Scenarios:
    """The scenarios whose databases are of this environment, or all. Reads local files only.

    ``inventory`` spares reading it again: that of the same folder and environment. Never raises for a
    file's sake: what is wrong stands in ``invalid``.
    """
    found: list[Scenario] = []
    invalid: list[InvalidFile] = []
    for file, belongs in _checked(include, environment, inventory):
        if file.problems or file.scenario is None:
            invalid.append(InvalidFile(file.name, file.path, tuple(sorted(file.problems)), belongs))
        else:
            found.append(file.scenario)
    return Scenarios(tuple(found), tuple(invalid))


def scenario_of(
    include: Path, name: str, environment: str | None = None, *, inventory: Inventory | None = None
) -> Scenario:
    """The scenario of this name.

    Raises ``UnknownScenario``, ``ScenarioInvalid``, or ``OtherEnvironment`` where its database is not of
    this environment.
    """
    path = next((each for each in _paths(include) if each.name == f"{name}.yaml"), None)
    if path is None:
        known = [each.stem for each in _paths(include)]
        hint = nearest(name, known) or f": known are {', '.join(known) or 'none'}."
        raise UnknownScenario(f"There is no scenario {name!r} in {include.name}/{FOLDER}{hint}")
    inventory = load_inventory(include, environment) if inventory is None else inventory
    file = read(path)
    if _is_elsewhere(include, file, environment, inventory):
        raise OtherEnvironment(
            f"The scenario {name} is about {file.says('database')}, which is not of the environment "
            f"{environment}: set DATAOPS_ENVIRONMENT to the one that is meant."
        )
    check_file(file, inventory)
    if file.problems or file.scenario is None:
        raise ScenarioInvalid(sorted(file.problems))
    return file.scenario


def check(include: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with the scenarios of all environments, by file and line."""
    return tuple(sorted(problem for file, _ in _checked(include, None, None) for problem in file.problems))


def _checked(
    include: Path, environment: str | None, inventory: Inventory | None
) -> Iterator[tuple[ScenarioFile, str | None]]:
    """Each file of the environment, sorted by name, with the environment where anything tells it."""
    paths = _paths(include)
    if not paths:
        return
    inventory = load_inventory(include, environment) if inventory is None else inventory
    for path in paths:
        file = read(path)
        if not _is_elsewhere(include, file, environment, inventory):
            check_file(file, inventory)
            yield file, _environment(file, inventory)


def _paths(include: Path) -> list[Path]:
    """The files of the folder, sorted; hidden ones are an editor's or Git's, and README is no YAML."""
    folder = include / FOLDER
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    return [
        path
        for path in paths
        if not path.name.startswith(".") and (path.suffix in {".yaml", ".yml"} or path.is_dir())
    ]


def _environment(file: ScenarioFile, inventory: Inventory) -> str | None:
    named = file.says("database")
    known = {each.name: each.environment for each in inventory.databases}
    told = {each.name: each.environment for each in inventory.invalid}
    return known.get(named or "") or told.get(named or "")


def _is_elsewhere(include: Path, file: ScenarioFile, environment: str | None, inventory: Inventory) -> bool:
    """Whether its database has a file, of which the inventory of this environment knows nothing."""
    named = file.says("database")
    if environment is None or named is None or "/" in named:
        return False
    known = {each.name for each in (*inventory.subjects, *inventory.invalid)}
    return named not in known and (include / "databases" / f"{named}.yaml").is_file()
