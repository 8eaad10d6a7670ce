"""Gathering the facts: each look by itself, so that one that cannot be taken spoils no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dataops.errors import ConfigurationError, DataOpsError
from dataops.failover.job import Job
from dataops.failover.planning.candidate import NoPlan, candidate_of
from dataops.failover.planning.course import course_of, told_course_of
from dataops.failover.refusals.facts import Facts, Machine, Proven, Unknown
from dataops.failover.refusals.targets import SECOND_KEY, SecondKey, Target, second_key_of, targets_of
from dataops.failover.topology import Topology

if TYPE_CHECKING:
    from dataops.failover.guard.heartbeat import Heartbeat
    from dataops.failover.hosts.host import Disk, Host

log = logging.getLogger(__name__)
Found = TypeVar("Found")


def look(job: Job, seen: Topology) -> Facts:
    """What the rules need just before anything is broken: cheap, a few reads of store and machines."""
    scenario, driver, platform = job.scenario, job.driver, job.platform
    candidate, why_none = _candidate(job, seen)
    return Facts(
        scenario=scenario,
        server=job.server,
        settings=job.settings,
        environment=platform.environment,
        course=course_of(scenario),
        way=told_course_of(scenario),
        now=datetime.now(UTC),
        seen=seen,
        candidate=candidate,
        why_none=why_none,
        unsupported=driver.supports(scenario.breaks),
        nodes={each.name: driver.connection(each.name) for each in seen.nodes},
        targets=_tried(lambda: _targets(job)),
        machines=machines_of(job),
        key=_tried(lambda: _key(job)),
        guards=_tried(lambda: _guards(job)),
        lever=_tried(lambda: _lever(job)),
    )


def look_closely(job: Job, seen: Topology) -> Facts:
    """The same, and what takes longer or asks the database: backups, other rounds, publications."""
    facts = look(job, seen)
    exposed = _tried(lambda: _exposed(job, seen))
    told: Mapping[str, tuple[str, ...] | Unknown] = (
        dict.fromkeys(("publications", "consumers", "unlogged"), exposed)
        if isinstance(exposed, Unknown)
        else exposed
    )
    return replace(
        facts,
        open_round=_tried(lambda: _open_round(job)),
        busy=_tried(lambda: _busy(job)),
        proven=_tried(lambda: _proven(job)),
        publications=told["publications"],
        consumers=told["consumers"],
        unlogged=told["unlogged"],
    )


def _tried(look: Callable[[], Found]) -> Found | Unknown:
    try:
        return look()
    except DataOpsError as error:
        return Unknown(str(error))
    except Exception as error:  # its text may hold a secret; nobody foresaw it, so nothing is known
        log.exception("A look before a failover test broke")
        return Unknown(f"{type(error).__name__}: see the log")


def _candidate(job: Job, seen: Topology) -> tuple[str, str]:
    try:
        return candidate_of(job.scenario, seen, lag=job.settings.lag, automatic=job.driver.automatic), ""
    except NoPlan as error:
        return "", str(error)


def _targets(job: Job) -> Mapping[str, Target]:
    return targets_of(job.platform.connection(job.settings.targets))


def _key(job: Job) -> SecondKey | None:
    try:
        connection = job.platform.connection(SECOND_KEY)
    except ConfigurationError:  # there is none, and most environments need none
        return None
    return second_key_of(connection)


def machines_of(job: Job) -> Mapping[str, Machine | Unknown]:
    """Of each node whose inventory names a machine."""
    found: dict[str, Machine | Unknown] = {}
    for name, node in job.settings.nodes.items():
        if node.host is not None:
            found[name] = _tried(partial(_machine, job, node.host))
    return found


def _machine(job: Job, connection_id: str) -> Machine:
    from dataops.failover.hosts.opening import open_host

    connection = job.platform.connection(connection_id)
    host = open_host(connection)
    try:
        return Machine(
            hostname=host.hostname(),
            address=connection.host if connection.type == "ssh" else "",
            data=host.place.data,
            alive=bool(host.processes()),
            disks=_disks(host),
        )
    finally:
        host.close()


def _disks(host: Host) -> tuple[Disk, ...]:
    """Of the data directory and of its WAL, which may lie elsewhere."""
    found = [host.disk(host.place.data), host.disk(f"{host.place.data}/pg_wal")]
    return tuple({each.device: each for each in found}.values())


def _guards(job: Job) -> tuple[Heartbeat, ...]:
    from dataops.failover.guard.heartbeat import alive

    return alive(job.platform.store, job.platform.environment)


def _lever(job: Job) -> str:
    from dataops.failover.lever import standing

    found = standing(job.platform.store)
    return str(found) if found else ""


def _open_round(job: Job) -> str:
    from dataops.failover.journaling import read

    entry = read(job.platform.store, job.server.name)
    if entry is None or not entry.is_open:
        return ""
    return f"{entry.round.scenario}, {entry.round.phase}, led by {entry.round.holder}"


def _busy(job: Job) -> str:
    from dataops.store.leases import holder_of

    names = (job.server.name, *(each.name for each in job.platform.inventory.databases_of(job.server)))
    held = {name: holder_of(job.platform.store, f"backup/{name}") for name in names}
    return "; ".join(f"{name}: {holder}" for name, holder in held.items() if holder)


def _proven(job: Job) -> Proven | None:
    from dataops.backup import catalog

    proofs = [
        Proven(each.backup_id, each.proof.at)
        for each in catalog.backups(job.platform.store, job.server.name)
        if each.proof is not None
    ]
    return max(proofs, key=lambda each: each.at, default=None)


def _exposed(job: Job, seen: Topology) -> dict[str, tuple[str, ...]]:
    from dataops.failover.planning.candidate import primary_of
    from dataops.postgres import connect, sql
    from dataops.postgres.explaining import explained

    primary = job.driver.connection(primary_of(seen).name)
    conn = connect(
        primary,
        dbname=job.database.dbname,
        application_name="dataops failover preflight",
        autocommit=True,
        statement_timeout=10,
    )
    try:
        with explained("looking what the canary would disturb"), conn.cursor() as cursor:
            cursor.execute(sql(__package__, "exposed"))
            row = cursor.fetchone() or ((), (), ())
    finally:
        conn.close()
    return {
        name: tuple(each) for name, each in zip(("publications", "consumers", "unlogged"), row, strict=True)
    }
