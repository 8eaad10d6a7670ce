"""A valid file to start from, short enough to be read whole."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from dataops.errors import ConfigurationError
from dataops.inventory.fields import Name
from dataops.inventory.inventory import Inventory
from dataops.inventory.loading import read

_FIRST = "# yaml-language-server: $schema=../schemas/{kind}.schema.json\n"
_MORE = "# Everything else has a default; docs/configuration.md lists it. For example:\n"
_EXAMPLES = {
    "server": """\
# standby: main_standby          # connection to a standby: backups read there
# physical: {full: weekly, diff: daily}
# drill: {schedule: weekly}      # restored and proven: hourly, daily, a cron, after_backup
# retention: {daily: 7, weekly: 4, monthly: 6}
""",
    "database": """\
# schedule: daily                # or hourly, weekly, a cron in UTC
# drill: {schedule: daily}       # restored and proven: also after_backup
# objectives: {rto: 4h, rpo: 26h}
# retention: {daily: 7, weekly: 4, monthly: 6}
""",
}


class CannotStart(ConfigurationError):
    """No file was written, and why."""


def new_server(include: Path, name: str, *, environment: str, connection: str = "", owner: str) -> Path:
    """The path of a new, valid file of a server. Raises ``CannotStart``, having changed nothing."""
    connection = connection or f"{name.replace('-', '_')}_primary"
    fields = {"server": name, "environment": environment, "connection": connection, "owner": owner}
    return _write(include, "server", fields)


def new_database(
    include: Path, inventory: Inventory, name: str, *, server: str = "", owner: str = ""
) -> Path:
    """The path of a new, valid file of a database, by default on the only server, with that one's owner.

    Raises ``CannotStart``, having changed nothing.
    """
    names = [each.name for each in inventory.servers]
    if not server and len(names) != 1:
        known = ", ".join(names) or "none is declared yet"
        raise CannotStart(f"Say on which server {name} is, by --server: {known}.")
    on = inventory.subject(server or names[0])
    return _write(include, "database", {"database": name, "server": on.name, "owner": owner or on.owner})


def _write(include: Path, kind: str, fields: dict[str, str]) -> Path:
    name = fields[kind]
    path = include / f"{kind}s" / f"{name}.yaml"
    if not _may_be(name):
        raise CannotStart(f"{name!r} cannot be a name: use lower-case letters, digits, - and _, without __.")
    # The dump quotes what YAML would read as anything but text.
    text = _FIRST.format(kind=kind) + yaml.safe_dump(fields, sort_keys=False) + _MORE + _EXAMPLES[kind]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise CannotStart(f"{path} exists already: nothing was changed.") from None
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None
    written = next(file for file in read(include) if file.path.parts[-2:] == path.parts[-2:])
    if written.problems:
        path.unlink()
        raise CannotStart(f"Nothing was written. {written.problems[0].text}")
    return path


def _may_be(name: str) -> bool:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        return False
    return True
