"""An old primary becomes a standby of the new one: repointed or rewound where possible, else rebuilt.

While it is worked on, the data directory has another name, so that nobody can start it half done; it gets
its name back only as a standby. What is left of an attempt that was cut short is found and gone on with.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from dataops.errors import DataOpsError
from dataops.failover.drivers.driver import DriverFailed, Rejoined
from dataops.failover.drivers.native import holding, keeping, rebuilding, rewinding, serving
from dataops.failover.drivers.native.fencing import clear_mark, fenced
from dataops.failover.drivers.native.following import Upstream, settings_of, upstream_of, with_settings
from dataops.failover.drivers.native.session import Session
from dataops.failover.drivers.native.settings import application_name, configured
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.member import Member

_STREAMS = 30.0
"""Seconds after which a standby that does not stream counts as unable to follow."""
_FOLLOWS = "SELECT status, sender_host || ':' || sender_port, received_tli FROM pg_stat_wal_receiver"
_TIMELINE = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
_LEADER = "SELECT pg_is_in_recovery(), (SELECT system_identifier::text FROM pg_control_system())"
_SLOT = """
    SELECT pg_create_physical_replication_slot(%s, true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %s)
"""
_SOMETHING = """
    WITH alone AS (SELECT set_config('synchronous_commit', 'local', true))
    SELECT pg_logical_emit_message(true, 'dataops', 'a node comes back') FROM alone
"""
_TABLESPACES = """
    SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE pg_tablespace_location(oid) <> ''
"""
_STALE = """
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE slot_type = 'physical' AND NOT active AND slot_name = %s
"""


@dataclass(frozen=True)
class Rejoining:
    """One node on its way back. ``session`` leads to it, ``leader`` to the node that it will follow."""

    member: Member
    upstream: Member
    session: Session
    leader: Session
    others: tuple[Session, ...] = ()
    """Straight to every further node."""

    def run(self, *, rebuild: bool) -> Rejoined:
        """How it came back; ``DriverFailed`` where it does not stream in the end."""
        begun = time.monotonic()
        self._must_be_right()
        if not rebuild and self._is_standby() and self._repointed(self._wanted()):
            self._drop_stale_slots()
            return Rejoined("restart", time.monotonic() - begun, reason="It was a standby all along.")
        serving.end(self.member)
        holding.hold(self.leader, [self.member.name])  # the checkpoint would let WAL go
        # Without it pg_rewind compares with the last checkpoint's timeline, and finds nothing to do.
        self.leader.ask("CHECKPOINT", within=600)
        if rebuilding.finished_one(self._host) and not self._follows(self._ready()):
            return Rejoined("rebuild", time.monotonic() - begun, reason="A rebuild that was cut short ended.")
        wanted, why = self._taken_aside()
        if rebuild:
            why = "It was asked for."
        why = why or self._wal_is_gone()
        if not why:
            how, why = rewinding.rewind(self._host, self._aside, self.upstream, wanted)
            if how:
                self._back_in_place(wanted)
                why = self._follows(wanted)
            if how and not why:
                return Rejoined(how, time.monotonic() - begun)
            if how:
                serving.end(self.member)
                self._take_aside()
        kept = rebuilding.rebuild(
            self._host, self.upstream, wanted, tablespaces=self._tablespaces(), finish=self._finish
        )
        trouble = self._follows(wanted)
        if trouble:
            raise DriverFailed(
                f"{self.member.name} was built anew and does not follow {self.upstream.name}: {trouble} "
                f"See the pg_hba.conf of {self.upstream.name}. What the node was before is in {kept}."
            )
        return Rejoined("rebuild", time.monotonic() - begun, kept, why)

    @property
    def _host(self) -> Host:
        return self.member.host

    @property
    def _aside(self) -> str:
        return rebuilding.aside(self._host)

    def _must_be_right(self) -> None:
        """Nothing is overwritten by a node that is no primary, or that is of another cluster."""
        recovers, theirs = self.leader.ask(_LEADER, within=10)[0]
        if recovers:
            raise DriverFailed(
                f"{self.upstream.name} is no primary, so that {self.member.name} is not made to follow it: "
                "see which node takes writes."
            )
        data = next((each for each in (self._host.place.data, self._aside) if self._host.exists(each)), "")
        ours = rewinding.control(self._host, data).get("Database system identifier", "") if data else theirs
        if ours != theirs:
            raise DriverFailed(
                f"{self.member.name} has the system identifier {ours or 'unknown'}, {self.upstream.name} has "
                f"{theirs}: they are different clusters. Correct extra.data of {self._host.place.name}."
            )

    def _is_standby(self) -> bool:
        """Whether it runs as a standby that nobody fenced: then its data may simply follow on."""
        try:
            if not self.session.ask("SELECT pg_is_in_recovery()", within=2)[0][0]:
                return False
        except DataOpsError:
            return False
        return not fenced(self._host)

    def _wanted(self, data: str = "") -> Upstream:
        """Whom it follows and by what slot, from its own configuration."""
        slot = configured(self._host, "primary_slot_name", data)
        theirs = str(self.leader.ask("SHOW primary_slot_name", within=5)[0][0])
        if not slot and theirs:  # the cluster keeps WAL by slots, and so must we
            slot = "dataops_" + self.member.name.replace("-", "_")
        application = application_name(configured(self._host, "primary_conninfo", data)) or self.member.name
        return upstream_of(self.member, self.upstream, application=application, slot=slot)

    def _repointed(self, wanted: Upstream) -> bool:
        """Whether it streams after being told whom to follow, without a restart."""
        self._prepare(wanted)
        for name, value in settings_of(wanted).items():
            literal = value.replace("'", "''")
            self.session.ask(f"ALTER SYSTEM SET {name} = '{literal}'", within=10)
        self.session.ask("SELECT pg_reload_conf()", within=10)
        return self._streams(wanted)

    def _taken_aside(self) -> tuple[Upstream, str]:
        """Whom it will follow, and why it cannot be rewound, if so.

        Afterwards it is recovered, its own files are copied, and it is out of everybody's way.
        """
        host = self._host
        fresh = host.exists(host.place.data)
        if fresh:
            self._take_aside()
        wanted = self._wanted(self._aside)
        self._prepare(wanted)
        if fresh or not host.exists(rebuilding.own_files(host)):
            keeping.keep(host, self._aside, rebuilding.own_files(host))
        return wanted, rewinding.recover(host, self._aside)

    def _ready(self) -> Upstream:
        """Whom it will follow, where its directory has its name and is a standby's."""
        wanted = self._wanted()
        self._prepare(wanted)
        return wanted

    def _tablespaces(self) -> list[str]:
        return [str(location) for (location,) in self.leader.ask(_TABLESPACES, within=10)]

    def _wal_is_gone(self) -> str:
        """Why rewinding would be in vain: without that WAL the node could never follow."""
        if configured(self._host, "restore_command", self._aside):
            return ""  # the archive may have it
        return holding.gone(self.upstream, self.leader)

    def _take_aside(self) -> None:
        serving.clear_lock(self._host)
        self._host.rename(self._host.place.data, self._aside)

    def _back_in_place(self, wanted: Upstream) -> None:
        self._finish(self._aside, wanted)
        self._host.rename(self._aside, self._host.place.data)

    def _prepare(self, wanted: Upstream) -> None:
        """The upstream keeps its WAL for it, and it has the password."""
        if wanted.slot:
            self.leader.ask(_SLOT, [wanted.slot, wanted.slot], within=30)
        if wanted.passfile:
            self._host.write(wanted.passfile, wanted.secret)

    def _finish(self, data: str, wanted: Upstream) -> None:
        """The directory is a standby's: its own files, whom it follows, and the sign."""
        host = self._host
        keeping.put_back(host, data, rebuilding.own_files(host))
        auto = f"{data}/postgresql.auto.conf"
        host.write(auto, with_settings(host.read(auto) or "", settings_of(wanted)))
        host.write(f"{data}/standby.signal", "")
        clear_mark(host, data)

    def _follows(self, wanted: Upstream) -> str:
        """Empty where it runs and streams; else what is wrong."""
        try:
            serving.start(self.member, self.session, meanwhile=self._write)
        except DriverFailed as error:
            return str(error)
        if not self._streams(wanted):
            said = serving.last_words(self._host)
            return f"It runs, and did not stream from {self.upstream.name} in {_STREAMS:g} s.{said}"
        self._drop_stale_slots()
        if self._host.exists(rebuilding.own_files(self._host)):
            self._host.run(["rm", "-rf", "--", rebuilding.own_files(self._host)], deadline=60)
        return ""

    def _streams(self, wanted: Upstream) -> bool:
        """Whether it streams from the upstream, on the upstream's timeline, within the time allowed."""
        timeline = self.leader.ask(_TIMELINE, within=5)[0][0]
        expected = ("streaming", self.upstream.endpoint_of_peers, timeline)
        until = time.monotonic() + _STREAMS
        while time.monotonic() < until:
            self._write()
            try:
                if expected in self.session.ask(_FOLLOWS, within=5):
                    return True
            except DataOpsError:  # it restarts, or is not consistent yet
                self.session.close()
            time.sleep(0.05)
        return False

    def _write(self) -> None:
        """Something more on the upstream, as far as it can be done.

        A rewound node is consistent only at what was the upstream's insert position. That may lie just
        behind a page's header, where an idle upstream has no record that could be sent.
        """
        with suppress(DataOpsError):
            self.leader.ask(_SOMETHING, within=2)

    def _drop_stale_slots(self) -> None:
        """What holds WAL for this node, and the slots by which others followed it, would do so for ever."""
        with suppress(DataOpsError):  # it is back all the same; whoever compares slots sees what is left
            holding.release(self.leader, self.member.name)
            holding.release_all(self.session)
        for other in (self.leader, *self.others):
            with suppress(DataOpsError):  # a node that is away is dealt with when it comes back
                theirs = str(other.ask("SHOW primary_slot_name", within=5)[0][0])
                if theirs:
                    self.session.ask(_STALE, [theirs], within=30)
