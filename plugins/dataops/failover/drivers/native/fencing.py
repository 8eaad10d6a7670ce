"""The fence: a node that takes no write now, and none after a restart, whoever restarts it."""

from __future__ import annotations

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.hosts.ending import end_tree
from dataops.failover.hosts.host import Host, HostFailed
from dataops.failover.hosts.member import Member

NAME = "old primary fenced"
MARK = "dataops: fenced by a failover test; a server that starts here is a standby\n"
"""PostgreSQL looks only for the file, not into it (documentation, Recovery Target: standby.signal)."""

_EMPTY = "dataops-fenced"
"""Beside an empty sign it says that the sign is ours."""


def fence(member: Member) -> Check:
    """Passed where nothing of the node lives that began before the fence stood; never raises.

    The mark comes first: whatever a supervisor starts from then on comes up read-only. Then everything
    that lives is killed, for a server that hangs would not stop when asked.
    """
    expected = f"no process of {member.name} lives, and a restart is read-only"
    try:
        return _fence(member.host, expected)
    except DataOpsError as error:
        return Check(
            name=NAME,
            verdict=Verdict.INCONCLUSIVE,
            expected=expected,
            reason=f"Its machine could not be asked, or refused: {error}",
        )


def _fence(host: Host, expected: str) -> Check:
    if not host.exists(host.place.data):
        living = end_tree(host)
        return _judged(expected, not living, f"{host.place.data} is not there, {len(living)} processes live")
    if not fence_file_stands(host):
        _put_up(host)
    before = {(process.pid, process.begun) for process in host.processes()}
    living = end_tree(host)
    old = [process for process in living if (process.pid, process.begun) in before]
    if living and not old:
        return _judged(expected, True, "a supervisor started it again, after standby.signal stood")
    return _judged(expected, not living, f"{len(living)} processes live, standby.signal stands")


def unfence(member: Member) -> bool:
    """Take our own mark away; whether it stood. The sign of a real standby is left alone."""
    return unfence_host(member.host)


def unfence_host(host: Host) -> bool:
    """See ``unfence``."""
    if not fenced(host):
        return False
    host.remove(fence_file(host))
    host.remove(_empty_mark(host))
    return True


def fenced(host: Host) -> bool:
    """Whether the sign of a standby is ours."""
    said = host.read(fence_file(host))
    if said is None:
        return False
    return said.startswith("dataops") or (not said and host.exists(_empty_mark(host)))


def clear_mark(host: Host, data: str) -> None:
    """What stands there is a real standby from now on."""
    host.remove(f"{data}/{_EMPTY}")


def fence_file(host: Host) -> str:
    """Where the mark stands."""
    return f"{host.place.data}/standby.signal"


def fence_file_stands(host: Host) -> bool:
    """Whether a server that starts there begins as a standby."""
    return host.exists(fence_file(host))


def _put_up(host: Host) -> None:
    """The sign with our text; on a full disk, where a name still fits, an empty one and another beside it."""
    try:
        host.write(fence_file(host), MARK)
    except HostFailed:
        host.write(_empty_mark(host), "")
        host.write(fence_file(host), "")


def _empty_mark(host: Host) -> str:
    return f"{host.place.data}/{_EMPTY}"


def _judged(expected: str, well: bool, observed: str) -> Check:
    if well:
        return Check(name=NAME, verdict=Verdict.PASSED, expected=expected, observed=observed)
    reason = "Something of the old primary lives in spite of SIGKILL: it may take writes."
    return Check(name=NAME, verdict=Verdict.FAILED, expected=expected, observed=observed, reason=reason)
