"""What a scenario can only get wrong together with the inventory, or with itself."""

from __future__ import annotations

from datetime import timedelta

from dataops.failover.files.scenario_file import ScenarioFile
from dataops.failover.planning.course import AT_STANDBY
from dataops.failover.scenario import FaultName, Mode, Scenario
from dataops.inventory import Database, Inventory, Server, UnknownSubject, format_duration
from dataops.inventory.explain import nearest

CUTS: tuple[FaultName, ...] = ("cut_node", "cut_replication", "cut_clients")
OF_MODE: dict[Mode, tuple[FaultName, ...]] = {
    "switchover": ("stop",),
    "crash": (
        "kill",
        "stop",
        "hang",
        "hang_postmaster",
        "lagging_standby",
        "kill_standby",
        "kill_standby_while_promoting",
        "wal_disk_full",
        "standby_disk_full",
    ),
    "partition": CUTS,
    "region_loss": ("region_lost",),
}
"""What each mode may break; ``tabletop`` breaks nothing and may name any."""
SHORTEST_LEASE = timedelta(seconds=5)
"""A coordinator renews its lease at a third of it; a store may take a second to answer."""
MOST_SHOWN = 20


def check_file(file: ScenarioFile, inventory: Inventory) -> None:
    """Adds the problems that come from the file and the inventory, and from fields that do not fit."""
    scenario = file.scenario
    if scenario is not None:
        _check_fault(file, scenario)
        _check_times(file, scenario)
        _check_loss(file, scenario)
    server = _server(file, inventory)
    if scenario is not None and server is not None:
        _check_nodes(file, scenario, server)
        _check_region(file, scenario, server)


def _server(file: ScenarioFile, inventory: Inventory) -> Server | None:
    """The server that is failed over; None, and a problem, where there is none that could be."""
    named = file.says("database")
    if named is None:
        return None
    try:
        database = inventory.subject(named)
        server = inventory.server_of(database)
    except UnknownSubject:
        file.complain("database", *_unknown(named, inventory))
        return None
    if not isinstance(database, Database):
        names = tuple(each.name for each in inventory.databases_of(server))
        file.complain("database", "is a server: name one of its databases", repr(named), names[:MOST_SHOWN])
    elif database.retired or server.retired:
        file.complain("database", "is retired: take the scenario away, or name another", repr(named))
    elif server.failover is None:
        message = (
            f"is on {server.name}, which no test may fail over: "
            f"add `failover:` to include/servers/{server.name}.yaml"
        )
        file.complain("database", message, repr(named))
    else:
        return server
    return None


def _unknown(named: str, inventory: Inventory) -> tuple[str, str, tuple[str, ...]]:
    """Message, value and what is allowed."""
    for invalid in inventory.invalid:
        if invalid.name == named:
            first = invalid.errors[0]
            place = f"{first.path}:{first.line}" if first.line else str(first.path)
            return f"cannot be used, its own file is invalid: {place}", repr(named), ()
    for database in inventory.databases:
        if database.name == named:
            return f"cannot be used: the file of its server {database.server} is invalid", repr(named), ()
    known = tuple(each.name for each in inventory.databases)
    return f"is no database in include/databases{nearest(named, known)}", repr(named), known[:MOST_SHOWN]


def _check_fault(file: ScenarioFile, scenario: Scenario) -> None:
    if scenario.fault is None or scenario.mode == "tabletop":
        return
    allowed = OF_MODE[scenario.mode]
    if scenario.fault not in allowed:
        other = next(mode for mode, faults in OF_MODE.items() if scenario.fault in faults)
        message = f"is nothing that the mode {scenario.mode} breaks, but {other} does"
        file.complain("fault", message, repr(scenario.fault), allowed)


def _check_times(file: ScenarioFile, scenario: Scenario) -> None:
    stop, promised = scenario.stop, scenario.objectives.rto
    if stop.unavailable < promised:
        message = f"ends the round before objectives.rto, {format_duration(promised)}, could be missed"
        file.complain("stop.unavailable", message, format_duration(stop.unavailable))
    if stop.longest <= stop.unavailable:
        message = f"is not longer than stop.unavailable, {format_duration(stop.unavailable)}"
        file.complain("stop.longest", message, format_duration(stop.longest))
    if stop.lease < SHORTEST_LEASE:
        message = f"is too short: at least {format_duration(SHORTEST_LEASE)}, or a slow store ends the round"
        file.complain("stop.lease", message, format_duration(stop.lease))


def _check_loss(file: ScenarioFile, scenario: Scenario) -> None:
    promise = scenario.objectives
    if promise.rpo_rows and promise.rpo is None:
        message = "allows a loss that objectives.rpo forbids: write there how long a span may be lost"
        file.complain("objectives.rpo_rows", message, repr(promise.rpo_rows))


def _check_nodes(file: ScenarioFile, scenario: Scenario, server: Server) -> None:
    assert server.failover is not None
    known = tuple(server.failover.nodes)
    for key, named in (("node", scenario.node), ("standby", scenario.standby)):
        if named is not None and named not in known:
            message = f"is no node of {server.name}{nearest(named, known)}"
            file.complain(key, message, repr(named), known)
    same = scenario.standby is not None and scenario.node == scenario.standby
    if same and scenario.breaks not in AT_STANDBY:
        file.complain("standby", "is also the node that is broken: name another one", repr(scenario.standby))


def _check_region(file: ScenarioFile, scenario: Scenario, server: Server) -> None:
    if scenario.mode == "region_loss" and server.rds is not None:
        message = (
            "needs the backups of pgBackRest in a second bucket, and those of "
            f"{server.name} are snapshots: restore one by `restore_drill__{server.name}`"
        )
        file.complain("mode", message, repr(scenario.mode))
