"""Rewinding: a data directory that went its own way becomes a copy of another one's (pg_rewind)."""

from __future__ import annotations

from typing import Literal

from dataops.errors import DataOpsError
from dataops.failover.drivers.native.following import Upstream, quoted
from dataops.failover.drivers.native.settings import configured
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.member import Member
from dataops.process import Finished

How = Literal["rewind", "restart", ""]

_LONGEST = 3600.0
"""Seconds that recovering or rewinding may take."""
_CLEAN = ("shut down", "shut down in recovery")
_BEGUN = "rewinding from last common checkpoint"
_NOTHING_TO_DO = "no rewind required"


def control(host: Host, data: str = "") -> dict[str, str]:
    """What pg_controldata prints of a stopped server, by its labels."""
    asked = [host.place.program("pg_controldata"), "-D", data or host.place.data]
    lines = host.run(asked, deadline=30).stdout.splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def recover(host: Host, data: str) -> str:
    """Let a server that crashed recover in single-user mode, as pg_rewind needs it; or why it could not.

    A standby's sign stands in the way of single-user mode and is taken away: so do this only where the
    directory has a name by which nobody starts it.
    """
    if control(host, data).get("Database cluster state") in _CLEAN:
        return ""
    place = host.place
    config = ["-c", f"config_file={place.config}"] if place.config else []
    host.remove(f"{data}/standby.signal")
    asked = ["--single", "-F", "-D", data, *config, "-c", f"data_directory={data}", "template1"]
    try:
        finished = host.run([place.program("postgres"), *asked], deadline=_LONGEST, check=False)
    except DataOpsError as error:
        return f"It did not recover: {error}"
    return "" if not finished.returncode else f"It did not recover: {_last(finished)}"


def rewind(host: Host, data: str, upstream: Member, wanted: Upstream) -> tuple[How, str]:
    """``rewind``, or ``restart`` where it had not gone its own way; else nothing, and why not."""
    place = host.place
    login = {"host": upstream.address, "port": str(upstream.port), "user": upstream.connection.login}
    source = " ".join(f"{name}={quoted(value)}" for name, value in login.items() if value)
    sslmode = upstream.connection.extra.get("sslmode")
    source += f" dbname={quoted(upstream.connection.schema or 'postgres')}"
    source += f" sslmode={quoted(str(sslmode))}" if sslmode else ""
    try:
        archived = ["-c"] if configured(host, "restore_command", data) else []
        finished = host.run(
            [place.program("pg_rewind"), "-D", data, f"--source-server={source}", *archived, *_config(host)],
            deadline=_LONGEST,
            env={"PGPASSFILE": wanted.passfile} if wanted.passfile else {},
            check=False,
        )
    except DataOpsError as error:
        return "", f"It could not be rewound: {error}"
    if finished.returncode:
        begun = _BEGUN in finished.stdout + finished.stderr_tail
        partly = ", and what is kept of it is partly rewound" if begun else ""
        return "", f"It could not be rewound: {_last(finished)}{partly}."
    nothing = _NOTHING_TO_DO in finished.stdout + finished.stderr_tail
    return ("restart" if nothing else "rewind"), ""


def _config(host: Host) -> list[str]:
    return [f"--config-file={host.place.config}"] if host.place.config else []


def _last(finished: Finished) -> str:
    lines = [line for line in finished.stderr_tail.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if "error:" in line or "FATAL" in line), "")
    return (said or (lines[-1] if lines else f"exit code {finished.returncode}")).strip()
