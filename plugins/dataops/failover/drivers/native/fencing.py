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
    stands = _put_up(host)
    ended = end_tree(host)
    if not stands:
        observed = f"{host.place.data} is not there, {len(ended.living)} processes live"
        return _judged(expected, not ended.living, observed)
    if ended.living and not ended.survivors:
        return _judged(expected, True, "a supervisor started it again, after standby.signal stood")
    return _judged(expected, not ended.living, f"{len(ended.living)} processes live, standby.signal stands")


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


def _put_up(host: Host) -> bool:
    """The sign with our text, unless one stands; on a full disk, where a name still fits, an empty one.

    False where there is no data directory: nobody can start a server in it.
    """
    try:
        return host.ensure(fence_file(host), MARK)
    except HostFailed:
        host.write(_empty_mark(host), "")
        return host.ensure(fence_file(host), "")


def _empty_mark(host: Host) -> str:
    return f"{host.place.data}/{_EMPTY}"


def _judged(expected: str, well: bool, observed: str) -> Check:
    if well:
        return Check(name=NAME, verdict=Verdict.PASSED, expected=expected, observed=observed)
    reason = "Something of it lives in spite of SIGKILL: it may take writes."
    return Check(name=NAME, verdict=Verdict.FAILED, expected=expected, observed=observed, reason=reason)
