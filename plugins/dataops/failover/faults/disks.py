"""A full disk: one file of a known name takes all the room on a filesystem that is the server's own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check
from dataops.failover.drivers.driver import DriverFailed, Told
from dataops.failover.faults.fault import Fault, Ground, proven, unproven
from dataops.failover.hosts.host import Disk
from dataops.failover.hosts.member import Member

FILLER = "dataops-failover-filler"
_LONGEST = 600.0
_FULL = 128 << 10
"""Bytes that may be left: less than any WAL segment, so that none can be made."""
_SEGMENTS = 400
"""Segments of WAL that are used up at most: those that are there already hide a full disk for a while."""
_WRITE = "SELECT pg_logical_emit_message(false, 'dataops', 'the disk is full'), pg_switch_wal()"
_STOPS = 30.0
"""Seconds after which a server that still writes on a full disk is no evidence of anything."""


@dataclass(frozen=True)
class FullDisk(Fault):
    """No room for WAL, or none for a standby's data. Refused where others would suffer with the server."""

    what: Literal["wal", "data"]

    def supports(self, ground: Ground) -> str:
        troubles = []
        for name, member in ground.members.items():
            try:
                trouble = self._shared_with(ground, member)
            except DataOpsError as error:
                trouble = str(error)
            if not trouble:
                return ""
            troubles.append(f"{name}: {trouble}")
        return "No node has a disk that may be filled. " + " ".join(troubles)

    def tell(self, ground: Ground, node: str) -> Told:
        path = self._filler(ground.members[node])
        writing = (f"{node}: pg_switch_wal() until no WAL can be written",) if self.what == "wal" else ()
        worst = "The server panics and stays down. Asynchronously: every write that no standby has received."
        if self.what == "data":
            worst = "The standby stops replaying, and falls behind."
        return Told(
            (f"{node}: fallocate {path} (all that is free)", *writing), (f"{node}: rm {path}",), worst
        )

    def inject(self, ground: Ground, node: str) -> None:
        member = ground.members[node]
        trouble = self._shared_with(ground, member)
        if trouble:
            raise DriverFailed(f"{node}: its disk is not filled: {trouble}")
        path, host = self._filler(member), member.host
        room = host.disk(self._folder(member)).free
        host.run(["fallocate", "-l", str(max(room, 1)), path], deadline=_LONGEST, check=False)
        # what fallocate could not reserve at once: a moment's change, or blocks of the file's own index
        rest = ["dd", "if=/dev/zero", f"of={path}", "bs=4096", "oflag=append", "conv=notrunc", "status=none"]
        host.run(rest, deadline=_LONGEST, check=False)
        if self.what == "wal":
            _use_up(ground, node)

    def effect(self, ground: Ground, node: str) -> Check:
        disk = ground.members[node].host.disk(self._folder(ground.members[node]))
        expected = f"nothing can be written on {disk.mount} of {node}"
        if disk.free > _FULL:
            return unproven(expected, f"{disk.free} bytes are free")
        if self.what == "wal" and _writes(ground, node):
            return unproven(expected, f"{disk.free} bytes are free, and it still writes WAL")
        return proven(expected, f"{disk.free} bytes are free")

    def heal(self, ground: Ground, node: str) -> None:
        member = ground.members[node]
        member.host.remove(self._filler(member))
        if self.what == "data" or not member.host.exists(f"{member.host.place.data}/standby.signal"):
            ground.start(node)  # else a primary that is fenced by now: it is started when it rejoins

    def _folder(self, member: Member) -> str:
        data = member.host.place.data
        return f"{data}/pg_wal" if self.what == "wal" else data

    def _filler(self, member: Member) -> str:
        return f"{self._folder(member)}/{FILLER}"

    def _shared_with(self, ground: Ground, member: Member) -> str:
        """Empty where the filesystem is this server's alone; else who shares it."""
        host = member.host
        mine = host.disk(self._folder(member))
        others = {"the machine's own files": host.disk("/")}
        if self.what == "wal":
            others["the data directory"] = host.disk(member.host.place.data)
        if ground.shared:
            for other in ground.others(member.name):
                others[f"node {other.name}"] = other.host.disk(other.host.place.data)
        return next((_shares(mine, who) for who, disk in others.items() if disk.device == mine.device), "")


def _shares(disk: Disk, who: str) -> str:
    return f"{disk.mount} holds {who} as well."


def _use_up(ground: Ground, node: str) -> None:
    """Write until WAL cannot be written: segments made earlier are taken first."""
    until = time.monotonic() + _STOPS
    for _ in range(_SEGMENTS):
        if time.monotonic() > until:
            return
        try:
            ground.ask(node, _WRITE, 2)
        except DataOpsError:
            return


def _writes(ground: Ground, node: str) -> bool:
    try:
        ground.ask(node, _WRITE, 2)
    except DataOpsError:
        return False
    return True
