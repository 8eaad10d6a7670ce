"""What a node holds beside rows, and what of it a failover lost: slots, sequences, prepared transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from dataops.connections import Connection
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check
from dataops.postgres import connect, sql
from dataops.postgres.explaining import explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

OF_THE_NODE = (
    "archive_cleanup_command",
    "archive_command",
    "archive_library",
    "cluster_name",
    "config_file",
    "data_directory",
    "event_source",
    "external_pid_file",
    "hba_file",
    "ident_file",
    "in_hot_standby",
    "listen_addresses",
    "log_directory",
    "log_filename",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "recovery_end_command",
    "restore_command",
    "ssl_passphrase_command",
    "synchronous_standby_names",
    "transaction_read_only",
    "unix_socket_directories",
)
"""Settings that hold secrets, or that no two nodes have in common."""
THAT_MATTER = (
    "TimeZone",
    "archive_mode",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "fsync",
    "full_page_writes",
    "row_security",
    "session_replication_role",
    "shared_preload_libraries",
    "synchronous_commit",
    "wal_level",
)
"""Settings of which clients, or the promise of durability, notice any difference."""
LIMITS = (
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
)
"""Settings that must not be lower than they were."""
SHOWN = 20


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(_Frozen):
    """A replication slot. ``holds``: from which byte on it keeps WAL; None where it keeps none."""

    name: str
    kind: str
    database: str = ""
    plugin: str = ""
    active: bool = False
    failover: bool = False
    """Whether it is kept on standbys too (PostgreSQL 17)."""
    holds: int | None = None
    status: str = ""


class Prepared(_Frozen):
    """A transaction that was prepared and neither committed nor rolled back."""

    gid: str
    database: str


class Sequence(_Frozen):
    """A sequence with its schema. ``last`` is None where it never gave a number, or is not ``seen``."""

    name: str
    last: int | None
    step: int
    cycles: bool
    seen: bool


class DatabaseHoldings(_Frozen):
    """What one database holds."""

    sequences: tuple[Sequence, ...] = ()
    unlogged: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()


class Holdings(_Frozen):
    """What a node holds beside rows. ``unseen``: database → why nobody could look into it."""

    in_recovery: bool
    bytes: int | None = None
    """Of all databases that the role may connect to."""
    slots: tuple[Slot, ...] = ()
    prepared: tuple[Prepared, ...] = ()
    roles: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    databases: Mapping[str, DatabaseHoldings] = {}
    unseen: Mapping[str, str] = {}

    @property
    def logical_slots(self) -> tuple[Slot, ...]:
        """Those by which changes are sent to consumers."""
        return tuple(each for each in self.slots if each.kind == "logical")


class NotSeen(InconclusiveError):
    """A database or a sequence could not be read: nobody can say whether anything of it was lost."""


def take(connection: Connection, *, within: float = 30.0) -> Holdings:
    """What the node holds, all its databases. ``within``: seconds that each question may take.

    A database that cannot be looked into stands in ``unseen``; raises as ``postgres.connect`` where the node
    itself cannot be asked.
    """
    with (
        closing(_open(connection, None, within)) as conn,
        explained("taking the inventory"),
        conn.cursor() as cursor,
    ):
        cursor.execute(sql(__package__, "cluster_holdings"), [list(OF_THE_NODE)])
        (found,) = cursor.fetchone() or ({},)
    databases: dict[str, DatabaseHoldings] = {}
    unseen: dict[str, str] = {}
    for name in found.pop("databases"):
        try:
            databases[name] = _of_database(connection, name, within)
        except DataOpsError as error:
            unseen[name] = str(error)
    return Holdings.model_validate({**found, "databases": databases, "unseen": unseen})


def compare(before: Holdings, after: Holdings) -> tuple[Check, ...]:
    """What of the first primary's inventory the one that took over no longer has, a check each. Pure."""
    looks: dict[str, tuple[str, Callable[[Holdings, Holdings], Seen | None]]] = {
        "logical slots survived": ("every one that had a consumer", _slots),
        "sequences of all databases ahead": ("none gives a number again", _sequences),
        "prepared transactions survived": ("every one", _prepared),
        "roles survived": ("as they were", _roles),
        "publications and subscriptions survived": ("as they were", _logical),
        "settings that matter are the same": ("as on the node before", _settings),
    }
    return tuple(
        checked(name, expected, partial(judge, before, after)) for name, (expected, judge) in looks.items()
    )


def no_stale_slot(primary: Holdings) -> Check:
    """Whether a slot of the primary keeps WAL for nobody, till its disk is full. Ask once all is settled."""

    def judge() -> Seen:
        stale = [f"{each.name} ({each.kind})" for each in primary.slots if not each.active and each.holds]
        why = "nobody takes the WAL that it keeps: drop it, or let its consumer connect" if stale else ""
        return Seen(not stale, stale or f"{len(primary.slots)} slots, each in use", why)

    return checked("no slot keeps WAL for nobody", "every slot is in use", judge)


def _slots(before: Holdings, after: Holdings) -> Seen | None:
    """Before PostgreSQL 17 none survives; a slot that nobody used is told, and no failure."""
    if not before.logical_slots:
        return None
    kept = {each.name for each in after.logical_slots}
    gone = [each for each in before.logical_slots if each.name not in kept]
    used = [each.name for each in gone if each.active]
    told = [f"{each.name} of {each.database}: gone" for each in gone] or [f"{len(kept)} slots"]
    lost = f"consumers of {', '.join(used)} lose changes: recreate the slot and copy the tables anew"
    why = lost if used else ""
    return Seen(not used, told, why)


def _sequences(before: Holdings, after: Holdings) -> Seen:
    behind: list[str] = []
    count = 0
    for database, name, was in _each_sequence(before):
        now = _sequence(after, database, name)
        count += 1
        if now is None:
            behind.append(f"{database}: {name} is gone")
        elif was.last is not None and not was.cycles and _is_behind(was, now):
            behind.append(f"{database}: {name} gave {was.last}, now {now.last}")
    why = "it would give numbers that clients already hold" if behind else ""
    return Seen(not behind, behind[:SHOWN] or f"{count} sequences", why)


def _is_behind(was: Sequence, now: Sequence) -> bool:
    if now.last is None or was.last is None:
        return was.last is not None
    return now.last < was.last if was.step > 0 else now.last > was.last


def _each_sequence(holdings: Holdings) -> Iterator[tuple[str, str, Sequence]]:
    _insist_on_sight(holdings)
    for database, held in holdings.databases.items():
        for each in held.sequences:
            if not each.seen:
                raise NotSeen(f"{database}: {each.name} cannot be read: grant pg_read_all_data.")
            yield database, each.name, each


def _sequence(holdings: Holdings, database: str, name: str) -> Sequence | None:
    _insist_on_sight(holdings)
    held = holdings.databases.get(database, DatabaseHoldings())
    return next((each for each in held.sequences if each.name == name), None)


def _prepared(before: Holdings, after: Holdings) -> Seen | None:
    if not before.prepared:
        return None
    kept = {each.gid for each in after.prepared}
    gone = [f"{each.gid} of {each.database}" for each in before.prepared if each.gid not in kept]
    why = (
        "nobody can tell whether they were finished meanwhile or lost: ask their coordinator" if gone else ""
    )
    return Seen(not gone, gone or f"{len(kept)} prepared transactions", why)


def _roles(before: Holdings, after: Holdings) -> Seen:
    differing = [
        f"{name}: {after.roles.get(name, 'gone')}"
        for name, was in before.roles.items()
        if after.roles.get(name) != was
    ]
    return Seen(not differing, differing[:SHOWN] or f"{len(after.roles)} roles", "")


def _logical(before: Holdings, after: Holdings) -> Seen | None:
    _insist_on_sight(before)
    _insist_on_sight(after)
    had, has = _replicated(before), _replicated(after)
    if not had:
        return None
    gone = sorted(had - has)
    return Seen(not gone, gone[:SHOWN] or f"{len(has)}", "consumers would miss changes" if gone else "")


def _replicated(holdings: Holdings) -> set[str]:
    return {
        f"{name}: {each}"
        for name, held in holdings.databases.items()
        for each in (*held.publications, *held.subscriptions)
    }


def _settings(before: Holdings, after: Holdings) -> Seen:
    """Those that matter, and limits that must not be lower; ``debt.py`` tells the rest."""
    wrong = [name for name in THAT_MATTER if before.settings.get(name) != after.settings.get(name)]
    wrong += [name for name in LIMITS if _number(after, name) < _number(before, name)]
    told = [f"{name}: {before.settings.get(name)} → {after.settings.get(name)}" for name in wrong]
    why = "clients meet another server than before: make the nodes' configuration the same" if wrong else ""
    return Seen(not wrong, told or f"{len(THAT_MATTER) + len(LIMITS)} settings", why)


def _number(holdings: Holdings, name: str) -> int:
    text = holdings.settings.get(name, "0").split(" ")[0]
    return int(text) if text.lstrip("-").isdecimal() else 0


def _insist_on_sight(holdings: Holdings) -> None:
    for database, why in holdings.unseen.items():
        raise NotSeen(f"The database {database} could not be looked into: {why}")


def _of_database(connection: Connection, name: str, within: float) -> DatabaseHoldings:
    with (
        closing(_open(connection, name, within)) as conn,
        explained(f"taking the inventory of {name}"),
        conn.cursor() as cursor,
    ):
        cursor.execute(sql(__package__, "database_holdings"), [])
        (found,) = cursor.fetchone() or ({},)
    return DatabaseHoldings.model_validate(found)


def _open(connection: Connection, dbname: str | None, within: float) -> PsycopgConnection:
    return connect(
        connection,
        dbname=dbname,
        application_name="dataops failover inventory",
        autocommit=True,
        statement_timeout=within,
        lock_timeout=5,
    )
