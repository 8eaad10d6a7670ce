"""A valid file to start from, short enough to be read whole."""

from __future__ import annotations

from pathlib import Path

from dataops.errors import ConfigurationError
from dataops.inventory.inventory import Inventory
from dataops.inventory.loading import read

_SERVER = """\
# yaml-language-server: $schema=../schemas/server.schema.json
server: {name}
environment: {environment}
connection: {connection}
owner: {owner}
# Everything else has a default; docs/configuration.md lists it. For example:
# standby: {name}_standby        # connection to a standby: backups read there
# physical: {{full: weekly, diff: daily}}
# retention: {{daily: 7, weekly: 4, monthly: 6}}
"""

_DATABASE = """\
# yaml-language-server: $schema=../schemas/database.schema.json
database: {name}
server: {server}
owner: {owner}
# Everything else has a default; docs/configuration.md lists it. For example:
# schedule: daily                # or hourly, weekly, a cron in UTC
# objectives: {{rto: 4h, rpo: 26h}}
# retention: {{daily: 7, weekly: 4, monthly: 6}}
"""


class CannotStart(ConfigurationError):
    """No file was written, and why."""


def new_server(include: Path, name: str, *, environment: str, connection: str = "", owner: str) -> Path:
    """The path of a new, valid file of a server. Raises ``CannotStart``, having changed nothing."""
    connection = connection or f"{name.replace('-', '_')}_primary"
    text = _SERVER.format(name=name, environment=environment, connection=connection, owner=owner)
    return _write(include, "servers", name, text)


def new_database(
    include: Path, inventory: Inventory, name: str, *, server: str = "", owner: str = ""
) -> Path:
    """The path of a new, valid file of a database, by default on the only server, with that one's owner.

    Raises ``CannotStart``, having changed nothing.
    """
    names = [each.name for each in inventory.servers]
    if not server and len(names) != 1:
        raise CannotStart(
            f"Say on which server {name} is, by --server: {', '.join(names) or 'none is declared yet'}."
        )
    known = inventory.subject(server or names[0])
    text = _DATABASE.format(name=name, server=known.name, owner=owner or known.owner)
    return _write(include, "databases", name, text)


def _write(include: Path, folder: str, name: str, text: str) -> Path:
    path = include / folder / f"{name}.yaml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise CannotStart(f"{path} exists already: nothing was changed.") from None
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None
    written = next(file for file in read(include) if file.path.parts[-2:] == (folder, path.name))
    if written.problems:
        path.unlink()
        raise CannotStart(f"Nothing was written. {written.problems[0].text}")
    return path
