"""``dataops inventory …`` and ``dataops new …``: the files under include/."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer
from dataops.cli.context import environment_of, include_of, platform_of
from dataops.cli.verbs import Verbs, add_group, add_verb
from dataops.connections import from_environment
from dataops.errors import ConfigurationError
from dataops.inventory import load

if TYPE_CHECKING:
    from dataops.inventory import Inventory
    from dataops.inventory.checking import Report
    from dataops.inventory.problem import Problem


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "inventory", "check the files under include/")
    check = add_verb(group, "check", common, "say everything that is wrong in all files at once")
    check.add_argument(
        "--connections", action="store_true", help="also look for every connection that is named"
    )
    check.add_argument(
        "--discover", action="store_true", help="also ask the servers for databases that nobody enrolled"
    )
    check.set_defaults(run=run_check)
    schema = add_verb(group, "schema", common, "write the JSON Schemas and docs/configuration.md")
    schema.set_defaults(run=run_schema)
    _add_new(add_group(verbs, "new", "write a valid starting file", of="KIND"), common)


def _add_new(group: Verbs, common: argparse.ArgumentParser) -> None:
    server = add_verb(group, "server", common, "write include/servers/NAME.yaml: a server")
    server.add_argument("name", metavar="NAME")
    server.add_argument(
        "--connection", default="", metavar="ID", help="connection to its primary (default: NAME_primary)"
    )
    server.add_argument(
        "--owner", default="data-platform", help="team that is called (default: data-platform)"
    )
    server.set_defaults(run=run_new_server)
    database = add_verb(group, "database", common, "write include/databases/NAME.yaml: a database")
    database.add_argument("name", metavar="NAME")
    database.add_argument("--server", default="", help="server that it is on (default: the only one)")
    database.add_argument("--owner", default="", help="team that is called (default: the server's)")
    database.set_defaults(run=run_new_database)
    topic = add_verb(group, "topic", common, "add a Kafka topic to the file of its team")
    topic.add_argument("name", metavar="NAME")
    topic.add_argument("--team", required=True, help="team that it belongs to: topics/TEAM.yaml")
    topic.add_argument("--cluster", default="", help="cluster that it is on (default: the only one)")
    topic.add_argument("--description", default="", metavar="TEXT", help="what the topic carries")
    topic.set_defaults(run=run_new_topic)
    scenario = add_verb(group, "scenario", common, "write include/failover/NAME.yaml: a failover test")
    scenario.add_argument("name", metavar="NAME")
    scenario.add_argument(
        "--database",
        default="",
        help="database that it is about (default: the only one on a server with nodes)",
    )
    scenario.add_argument(
        "--mode",
        choices=("tabletop", "switchover", "crash", "partition", "region_loss"),
        default="tabletop",
        help="how far it goes (default: tabletop, which does nothing)",
    )
    scenario.set_defaults(run=run_new_scenario)


def run_check(arguments: argparse.Namespace) -> int:
    """0 when all is well, 2 for wrong files, 1 for databases not enrolled, 3 for servers not asked."""
    from dataops.inventory.checking import check, discover

    resolve = from_environment if arguments.connections else None
    environment = environment_of(arguments) if arguments.connections else None
    report = check(include_of(arguments), resolve=resolve, environment=environment)
    report = _with_scenarios(_with_suites(report, arguments), arguments)
    if arguments.discover:
        report = discover(report, platform_of(arguments))
    answer(_document(report), _text(report), as_json=arguments.json)
    return report.exit_code


def _with_suites(report: Report, arguments: argparse.Namespace) -> Report:
    """The report with what is wrong in the suites of expectations."""
    from dataops.quality import check_suites

    include = include_of(arguments)
    names = {each.name for each in load(include).databases}
    return replace(report, problems=(*report.problems, *check_suites(include, names)))


def _with_scenarios(report: Report, arguments: argparse.Namespace) -> Report:
    """The report with what is wrong in the scenarios of failover tests."""
    from dataops.failover.files.loading import load as load_scenarios

    found = load_scenarios(include_of(arguments))
    wrong = [problem for file in found.invalid for problem in file.errors]
    return replace(report, scenarios=len(found.scenarios), problems=(*report.problems, *wrong))


def run_schema(arguments: argparse.Namespace) -> int:
    """0; the files that the models generate are up to date afterwards."""
    from dataops.failover.files.schema import write as write_failover
    from dataops.inventory.schema import write
    from dataops.kafka.files.schema import write as write_kafka

    include = include_of(arguments)
    docs = include.resolve().parent / "docs"
    written = (*write(include, docs), *write_kafka(include, docs), *write_failover(include, docs))
    changed = [str(path) for path in written]
    answer(
        {"changed": changed},
        "\n".join(f"Wrote {path}" for path in changed) or "Nothing changed.",
        as_json=arguments.json,
    )
    return 0


def run_new_server(arguments: argparse.Namespace) -> int:
    """0; a valid file of a server was written."""
    from dataops.inventory.starting_file import new_server

    include = include_of(arguments)
    path = new_server(
        include,
        arguments.name,
        environment=_environment_of_new(arguments, load(include)),
        connection=arguments.connection,
        owner=arguments.owner,
    )
    answer({"path": str(path)}, f"Wrote {path}", as_json=arguments.json)
    return 0


def _environment_of_new(arguments: argparse.Namespace, inventory: Inventory) -> str:
    """The environment that is named, or the only one that there is."""
    known = {server.environment for server in inventory.servers}
    if arguments.environment is None and "DATAOPS_ENVIRONMENT" not in os.environ and len(known) == 1:
        return known.pop()
    return environment_of(arguments)


def run_new_database(arguments: argparse.Namespace) -> int:
    """0; a valid file of a database was written."""
    from dataops.inventory.starting_file import new_database

    include = include_of(arguments)
    inventory = load(include, arguments.environment)
    path = new_database(include, inventory, arguments.name, server=arguments.server, owner=arguments.owner)
    answer({"path": str(path)}, f"Wrote {path}", as_json=arguments.json)
    return 0


def run_new_topic(arguments: argparse.Namespace) -> int:
    """0; a valid topic was added to its team's file, which is made where there is none."""
    from dataops.kafka.files.loading import cluster_names
    from dataops.kafka.files.starting import new_topic

    include = include_of(arguments)
    known = cluster_names(include)
    if not arguments.cluster and len(known) != 1:
        raise ConfigurationError(f"Name the cluster with --cluster: {', '.join(known) or 'there is none'}.")
    path = new_topic(
        include,
        arguments.cluster or known[0],
        arguments.team,
        arguments.name,
        description=arguments.description,
    )
    answer({"path": str(path)}, f"Added {arguments.name} to {path}", as_json=arguments.json)
    return 0


def run_new_scenario(arguments: argparse.Namespace) -> int:
    """0; a valid file of a scenario was written."""
    from dataops.failover.files.starting import new_scenario

    include = include_of(arguments)
    inventory = load(include, arguments.environment)
    path = new_scenario(include, inventory, arguments.name, database=arguments.database, mode=arguments.mode)
    answer({"path": str(path)}, f"Wrote {path}", as_json=arguments.json)
    return 0


def _document(report: Report) -> dict[str, Any]:
    return {
        "verdict": {0: "passed", 3: "inconclusive"}.get(report.exit_code, "failed"),
        "servers": report.servers,
        "databases": report.databases,
        "scenarios": report.scenarios,
        "problems": [_problem(each) for each in report.problems],
        "warnings": [_problem(each) for each in report.warnings],
        "unenrolled": [{"server": each.server, "database": each.database} for each in report.unenrolled],
        "unreachable": [{"server": server, "reason": reason} for server, reason in report.unreachable],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": str(problem.path),
        "line": problem.line,
        "field": problem.field,
        "value": problem.value,
        "message": problem.message,
        "allowed": list(problem.allowed),
    }


def _text(report: Report) -> str:
    """Problems by file, then warnings, then what the servers say, then one line that sums it up."""
    lines: list[str] = []
    for path, problems in groupby(report.problems, key=lambda each: each.path):
        lines += [str(path), *(f"  {each.line or '-':>3}  {each.text}" for each in problems), ""]
    lines += [f"warning: {each}" for each in report.warnings]
    lines += [f"{each.server}: nobody enrolled the database {each.database}" for each in report.unenrolled]
    lines += [f"{server}: could not be asked: {reason}" for server, reason in report.unreachable]
    return "\n".join([*lines, _summary(report)])


def _summary(report: Report) -> str:
    counts = [_count(report.servers, "server"), _count(report.databases, "database")]
    counts += [_count(report.scenarios, "scenario")] if report.scenarios else []
    valid = f"{', '.join(counts[:-1])} and {counts[-1]} are valid"
    files = len({each.path for each in report.problems})
    broken = f"; {_count(len(report.problems), 'problem')} in {_count(files, 'file')}" if files else ""
    return f"{valid}{broken}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
