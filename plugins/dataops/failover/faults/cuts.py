"""Cuts of the network, by nftables: one table of our own a node, made at once and deleted as a whole.

Where every node has a machine of its own, ports and the peers' addresses tell who talks to whom. Where
they share one, all packets come from loopback; replication is then told from clients by the OS user that
owns the socket, which must be another one than that of clients: by ``skuid`` of what is sent (nft(8), META
EXPRESSIONS), and by the ports of the connections that stand already of what is received.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check
from dataops.failover.drivers.driver import DriverFailed, Told
from dataops.failover.faults.fault import Fault, Ground, proven, unproven
from dataops.failover.faults.sockets import parse_sockets, written
from dataops.failover.hosts.host import Host, HostFailed
from dataops.failover.hosts.member import Member

Whom = Literal["node", "replication", "clients"]
_PATIENCE = 10.0
_SILENCE = 0.3
"""Seconds without an answer that tell a cut connection from a slow one on a network that is well."""
_DROPS = 5.0
"""Seconds in which something of what is cut must have been tried."""
_COUNTER = re.compile(r"counter packets (\d+)")
_COMMENTS = {
    "node": "Nobody reaches the node, nor it anybody; what runs there goes on unseen until it is fenced.",
    "replication": "Standbys fall behind as long as it lasts. Synchronously: writes wait.",
    "clients": "Clients reach nobody, though the database is well and replicates.",
}


@dataclass(frozen=True)
class Rules:
    """Matches whose packets are dropped: of what arrives at the machine, and of what leaves it."""

    arriving: tuple[str, ...]
    leaving: tuple[str, ...]


@dataclass(frozen=True)
class Cut(Fault):
    """Packets are dropped without a word, as by a dead switch: connections hang instead of being refused."""

    whom: Whom

    def supports(self, ground: Ground) -> str:
        for name, member in ground.members.items():
            trouble = _nft_refuses(member.host)
            if trouble:
                return f"The network of {name} cannot be cut: {trouble}"
            if ground.shared and self.whom != "node" and _uid(member.host) == os.geteuid():
                return (
                    f"On one machine replication is told from clients by the OS user, and PostgreSQL of "
                    f"{name} runs as the same one as this process."
                )
        return ""

    def tell(self, ground: Ground, node: str) -> Told:
        table = table_of(ground.members[node])
        drop = f"{node}: nft: table inet {table}: drop {self._words(ground, node)}"
        return Told((drop,), (f"{node}: nft delete table inet {table}",), _COMMENTS[self.whom])

    def inject(self, ground: Ground, node: str) -> None:
        member = ground.members[node]
        if not ground.shared:
            _make(member, rules(self.whom, member, ground.others(node)))
            return
        members, uid = tuple(ground.members.values()), _uid(member.host)
        chosen = members if self.whom == "replication" else (member,)  # receivers of all nodes look alike
        _make(member, shared_rules(self.whom, chosen, uid, {}))  # nobody new from here on
        ports = {each.name: _standing(self.whom, each, uid) for each in chosen}
        _make(member, shared_rules(self.whom, chosen, uid, ports))

    def effect(self, ground: Ground, node: str) -> Check:
        member = ground.members[node]
        expected = f"{_NAMES[self.whom]} of {node} is dropped without an answer"
        if not member.host.processes():
            return unproven(expected, f"no process of {node} lives: it may be silent for another reason")
        if self.whom != "replication":
            answer = _answer(member)
            if answer:
                return unproven(expected, answer)
        until = time.monotonic() + _DROPS
        while (dropped := _dropped(member)) == 0 and time.monotonic() < until:
            time.sleep(0.02)
        if not dropped:
            return unproven(expected, "no rule stands" if dropped is None else "nothing was dropped so far")
        return proven(expected, f"{dropped} packets dropped, {len(member.host.processes())} processes live")

    def heal(self, ground: Ground, node: str) -> None:
        clear(ground.members[node])

    def _words(self, ground: Ground, node: str) -> str:
        """In words: addresses may be looked up only when it is done."""
        port = ground.members[node].port
        who = {"node": "everybody", "replication": "the other nodes", "clients": "all but the other nodes"}
        return f"port {port} from and to {who[self.whom]}"


_NAMES = {"node": "all traffic", "replication": "replication", "clients": "clients' traffic"}


def table_of(member: Member) -> str:
    """The table of a node: its name says whose it is, whatever becomes of us.

    With the port, since two clusters on one machine may call their nodes alike.
    """
    return f"dataops_failover_{member.name}_{member.port}"


def clear(member: Member) -> None:
    """Delete the node's table, where there is one; ``HostFailed`` where it still stands afterwards."""
    host, table = member.host, table_of(member)
    delete = f"table inet {table}\ndelete table inet {table}\n"  # made first: never missing
    finished = host.run(["nft", "-f", "-"], deadline=_PATIENCE, identity="root", input=delete, check=False)
    if finished.returncode:
        raise HostFailed(f"{host.place.name}: the cut was not taken away: {finished.stderr_tail.strip()}")


def rules(whom: Whom, member: Member, others: Sequence[Member]) -> Rules:
    """For a node on a machine of its own."""
    port, peers = member.port, addresses(others)
    theirs = "{ " + ", ".join(sorted({str(other.port) for other in (member, *others)})) + " }"
    if whom == "node":
        either = (f"tcp dport {theirs}", f"tcp sport {theirs}")
        return Rules(either, either)
    if whom == "replication":
        return Rules(
            tuple(f"{family} saddr {known} tcp dport {port}" for family, known in peers)
            + tuple(f"{family} saddr {known} tcp sport {theirs}" for family, known in peers),
            tuple(f"{family} daddr {known} tcp sport {port}" for family, known in peers)
            + tuple(f"{family} daddr {known} tcp dport {theirs}" for family, known in peers),
        )
    known_families = {family for family, _ in peers}
    strangers = [(family, known) for family, known in peers]
    nobody = [
        name for family, name in (("ip", "ipv4"), ("ip6", "ipv6")) if family not in known_families
    ]  # of a family without peers all are clients
    return Rules(
        tuple(f"{family} saddr != {known} tcp dport {port}" for family, known in strangers)
        + tuple(f"meta nfproto {name} tcp dport {port}" for name in nobody),
        tuple(f"{family} daddr != {known} tcp sport {port}" for family, known in strangers)
        + tuple(f"meta nfproto {name} tcp sport {port}" for name in nobody),
    )


def shared_rules(whom: Whom, chosen: Sequence[Member], uid: int, ports: Mapping[str, Sequence[int]]) -> Rules:
    """For nodes that share one machine; ``ports``: of the connections to each that stand already."""
    owner = {"node": "", "replication": f" meta skuid {uid}", "clients": f" meta skuid != {uid}"}[whom]
    sent, received = [], []
    for each in chosen:
        standing = "{ " + ", ".join(map(str, ports.get(each.name, ()))) + " }"
        for family, known in addresses((each,)):
            sent.append(f"{family} daddr {known} tcp dport {each.port}{owner}")
            if whom == "node":
                received.append(f"{family} saddr {known} tcp sport {each.port}")
            elif ports.get(each.name):
                received.append(f"{family} saddr {known} tcp sport {each.port} tcp dport {standing}")
    return Rules(tuple(received), tuple(sent))


def ruleset(table: str, wanted: Rules) -> str:
    """The input of ``nft -f``: one transaction, which leaves exactly this table, however often it runs."""
    chains = []
    for name, hook, matches in (
        ("arriving", "input", wanted.arriving),
        ("leaving", "output", wanted.leaving),
    ):
        lines = "".join(f"    {match} counter drop\n" for match in matches)
        chains.append(
            f"  chain {name} {{\n    type filter hook {hook} priority -300; policy accept;\n{lines}  }}\n"
        )
    return f"table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n{''.join(chains)}}}\n"


def _make(member: Member, wanted: Rules) -> None:
    text = ruleset(table_of(member), wanted)
    finished = member.host.run(
        ["nft", "-f", "-"], deadline=_PATIENCE, identity="root", input=text, check=False
    )
    if finished.returncode:
        raise DriverFailed(f"{member.name}: nft refused to cut it: {finished.stderr_tail.strip()}")


def _standing(whom: Whom, member: Member, uid: int) -> tuple[int, ...]:
    """The client ends of the connections to a node on this machine that are to be cut."""
    ends = {
        end
        for _, known in addresses((member,))
        for each in known.strip("{ }").split(", ")
        for end in written(each, member.port)
    }
    found = [
        socket
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for socket in parse_sockets(member.host.read(table) or "")
    ]
    return tuple(
        sorted(
            each.port for each in found if each.peer in ends and (each.uid == uid) == (whom == "replication")
        )
    )


def addresses(members: Sequence[Member]) -> list[tuple[str, str]]:
    """``ip`` and ``ip6`` with the members' addresses, names looked up; or ``HostFailed``."""
    found: dict[str, set[str]] = {}
    for member in members:
        for name in {member.address, member.connection.host}:
            try:
                looked_up = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            except OSError as error:
                raise HostFailed(
                    f"The address of {member.name}, {name}, cannot be found: {error}."
                ) from error
            for *_, address in looked_up:
                ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
                found.setdefault("ip" if ip.version == 4 else "ip6", set()).add(str(ip))
    return [(family, "{ " + ", ".join(sorted(known)) + " }") for family, known in sorted(found.items())]


def _answer(member: Member) -> str:
    """Empty where a connection hangs; else what answered."""
    try:
        address = (member.connection.host, member.port)
        socket.create_connection(address, timeout=_SILENCE).close()
    except TimeoutError:
        return ""
    except OSError as error:
        return f"a connection was answered: {error.strerror or error}"
    return "a connection was accepted"


def _dropped(member: Member) -> int | None:
    """Packets that were dropped so far; None without a table."""
    asked = ["nft", "list", "table", "inet", table_of(member)]
    finished = member.host.run(asked, deadline=_PATIENCE, identity="root", check=False)
    if finished.returncode:
        return None
    return sum(int(packets) for packets in _COUNTER.findall(finished.stdout))


def _nft_refuses(host: Host) -> str:
    try:
        finished = host.run(["nft", "list", "tables"], deadline=_PATIENCE, identity="root", check=False)
    except DataOpsError as error:
        return str(error)
    if not finished.returncode:
        return ""
    return finished.stderr_tail.strip() or "nft says nothing: it needs root, see extra.privileged."


def _uid(host: Host) -> int:
    if host.place.replication_uid is not None:
        return host.place.replication_uid
    return int(host.run(["id", "-u", host.place.user], deadline=_PATIENCE, identity="login").stdout)
