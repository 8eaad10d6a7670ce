"""From the command line's options to the platform that a verb works on."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from dataops.connections import Connection, Resolve, from_environment
from dataops.errors import ConfigurationError
from dataops.inventory import Inventory, environment_name, include_folder, load
from dataops.inventory.environments import environments, unnamed
from dataops.platform import Platform


def common_options() -> argparse.ArgumentParser:
    """The options that every verb has."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--json", action="store_true", help="answer one JSON document on stdout")
    parser.add_argument(
        "--include", type=Path, metavar="DIR", help="folder of the inventory (default: $DATAOPS_INCLUDE)"
    )
    parser.add_argument(
        "--environment", metavar="NAME", help="environment to work on (default: $DATAOPS_ENVIRONMENT)"
    )
    parser.add_argument("--verbose", "-v", action="store_true", help="log what the program does, on stderr")
    return parser


def include_of(arguments: argparse.Namespace) -> Path:
    """The folder of the inventory."""
    chosen: Path | None = arguments.include
    return chosen or include_folder()


def environment_of(arguments: argparse.Namespace) -> str:
    """The environment to work on; ``ConfigurationError`` where none is named."""
    if arguments.environment:
        return str(arguments.environment)
    try:
        return environment_name()
    except ConfigurationError as error:
        known = ", ".join(environments(include_of(arguments)))
        raise ConfigurationError(f"{error} The files name: {known}." if known else str(error)) from None


def platform_of(arguments: argparse.Namespace) -> Platform:
    """The platform, with connections from ``AIRFLOW_CONN_*``, one of them replaced by ``--dsn``.

    ``ConfigurationError`` where files name environments, but not this one: a sweep or a watch of nothing
    would be green.
    """
    environment = environment_of(arguments)
    include = include_of(arguments)
    inventory = load(include, environment)
    if not (inventory.subjects or inventory.invalid) and (problem := unnamed(include, environment)):
        raise ConfigurationError(problem)
    dsn: str | None = getattr(arguments, "dsn", None)
    resolve = _with_dsn(inventory, arguments.subject, dsn) if dsn else from_environment
    return Platform(environment, inventory, resolve)


def _with_dsn(inventory: Inventory, subject: str, dsn: str) -> Resolve:
    """Connections where those of the subject's server and its standby are the DSN, or PGPASSWORD with it."""
    from dataops.postgres import from_dsn

    server = inventory.server_of(inventory.subject(subject))
    given = from_dsn(dsn)
    if not given.password:
        given = replace(given, password=os.environ.get("PGPASSWORD", ""))

    def resolve(connection_id: str) -> Connection:
        if connection_id in {server.connection, server.standby}:
            return replace(given, id=connection_id)
        return from_environment(connection_id)

    return resolve
