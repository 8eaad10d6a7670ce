"""A valid scenario to start from, short enough to be read whole."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from dataops.errors import ConfigurationError
from dataops.failover.files.loading import check
from dataops.failover.files.scenario_file import FOLDER
from dataops.failover.scenario import Mode
from dataops.inventory import Inventory
from dataops.inventory.fields import Name

_FIRST = "# yaml-language-server: $schema=../schemas/scenario.schema.json\n"
_MORE = """\
# Everything else has a default; docs/failover-scenarios.md lists it. For example:
# fault: hang                    # what is broken
# standby: beta                  # who takes over
# objectives: {rto: 30s, rpo: 5s}
# schedule: 0 6 * * 0            # a cron in UTC; without it by hand only
"""


class CannotStart(ConfigurationError):
    """No file was written, and why."""


def new_scenario(
    include: Path, inventory: Inventory, name: str, *, database: str = "", mode: Mode = "tabletop"
) -> Path:
    """The path of a new, valid file, by default a tabletop of the only database that may be failed over.

    Raises ``CannotStart``, having changed nothing.
    """
    if not _may_be(name):
        raise CannotStart(f"{name!r} cannot be a name: use lower-case letters, digits, - and _, without __.")
    known = [each.name for each in inventory.databases if inventory.server_of(each).failover is not None]
    if not database and len(known) != 1:
        told = ", ".join(known) or "none: add `failover:` to the file of a server first"
        raise CannotStart(f"Say which database {name} is about, by --database: {told}.")
    fields = {"scenario": name, "database": database or known[0], "mode": mode}
    path = include / FOLDER / f"{name}.yaml"
    # The dump quotes what YAML would read as anything but text.
    _write(path, _FIRST + yaml.safe_dump(fields, sort_keys=False) + _MORE)
    problems = [each for each in check(include) if each.path.name == path.name]
    if problems:
        path.unlink()
        raise CannotStart(f"Nothing was written. {problems[0].text}")
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise CannotStart(f"{path} exists already: nothing was changed.") from None
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None


def _may_be(name: str) -> bool:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        return False
    return True
