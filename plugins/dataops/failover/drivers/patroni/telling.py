"""What the driver would do, in words for a plan: pure, so that the same cluster gives the same plan."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from dataops.connections import Connection
from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.drivers.patroni import faults


@dataclass(frozen=True)
class Member:
    """What a plan says of a member: empty where the inventory does not say it."""

    data: str = ""
    file: str = ""
    start: str = ""
    stop: str = ""
    api: str = ""

    @classmethod
    def of(cls, host: Connection | None, api: str) -> Member:
        """From the connection to its machine and the address of its REST API."""
        extra = host.extra if host else {}
        return cls(
            data=str(extra.get("data", "")),
            file=str(extra.get("patroni", "")),
            start=shlex.join(extra.get("start") or ()),
            stop=shlex.join(extra.get("stop") or ()),
            api=api,
        )


def tell(
    action: ActionName, node: str, *, fault: str, member: Member, leader: str, route: Told | None = None
) -> Told:
    """What an action on ``node`` is; ``leader`` is the present primary."""
    start = (_on(node, member.start),)
    kill = tuple(_on(node, each) for each in _filled(faults.KILL_ALL, member))
    mark = _on(node, f"write {member.data}/standby.signal")
    told = {
        "break": _broken(fault, node, member),
        "heal": Told(commands=_broken(fault, node, member).undo),
        "fence": Told(
            (mark, *kill, mark),
            undo=(_on(node, f"rm {member.data}/standby.signal"), *start),
            worst=f"{node} takes no writes until Patroni is started there again.",
        ),
        "promote": Told(
            (
                f"# wait until Patroni makes {node} primary; a paused one is asked:",
                f"POST {member.api}/failover {_json(candidate=node)}",
            ),
            worst=f"What {leader or 'the old primary'} acknowledged and {node} had not received is lost, "
            "unless the cluster is synchronous.",
        ),
        "switch": Told(
            (f"POST {member.api}/switchover {_json(leader=leader, candidate=node)}",),
            undo=(f"POST {member.api}/switchover {_json(leader=node, candidate=leader)}",),
            worst="Clients wait while Patroni changes the roles; nothing is lost.",
        ),
        "route": route,
        "rejoin": Told(
            (*start, "# Patroni rewinds it, and it streams"),
            undo=(),
            worst=f"Where it cannot be rewound: {node} is stopped, {member.data} renamed beside itself, and "
            "Patroni copies the new primary.",
        ),
        "start": Told(start, undo=(_on(node, member.stop),)),
        "stop": Told((_on(node, member.stop),), undo=start),
    }.get(action)
    return told or Told(())


def _broken(fault: str, node: str, member: Member) -> Told:
    known = faults.known(fault)
    if known is None:
        return Told(())
    return Told(
        commands=tuple(_on(node, each) for each in _filled(known.commands, member)),
        undo=tuple(_on(node, each) for each in _filled(known.undo, member)),
        worst=f"{node} does not serve; Patroni waits until its lock ran out before it makes another primary.",
    )


def _filled(commands: Sequence[str], member: Member) -> tuple[str, ...]:
    known = {
        "{data}": member.data,
        "{file}": member.file,
        "{start}": member.start,
        "{stop}": member.stop,
    }
    return tuple(reduce(lambda text, name: text.replace(name, known[name]), known, each) for each in commands)


def _on(node: str, command: str) -> str:
    return f"{node}: {command}"


def _json(**values: str) -> str:
    return json.dumps(values)
