"""``down``: PostgreSQL before the store, since its archiver needs the store; nothing stays behind."""

from __future__ import annotations

from sandbox.airflow_server import SERVICES
from sandbox.deadline import wait_until
from sandbox.home import Home
from sandbox.platform import store_at
from sandbox.postgresql import Cluster
from sandbox.start import Say
from sandbox.supervision import Supervisor

DATABASE_SERVERS = ("standby", "primary", "metadata")


def down(home: Home, say: Say) -> None:
    """Nothing of this sandbox runs any more; its data stays."""
    if not home.path.exists():
        say("There is no sandbox.")
        return
    with home.lock(say):
        supervisor = Supervisor(home)
        _stop(supervisor, (*SERVICES, "guard", "route", "pager", "pgbackrest", "kafka"), seconds=25)
        for name in DATABASE_SERVERS:
            cluster = Cluster(home.private / name, 0, "")
            cluster.stop("fast", seconds=15)
        _stop(supervisor, ("store",), seconds=25)
        supervisor.shutdown()
        supervisor.end_leftovers()
        if home.known_ports:
            store_at(home, home.known_ports).clear_leftovers()
    say("The sandbox is down.")


def _stop(supervisor: Supervisor, names: tuple[str, ...], *, seconds: float) -> None:
    for name in names:
        supervisor.stop(name)
    wait_until(
        lambda: not any(state.running for name, state in supervisor.states().items() if name in names),
        seconds=seconds,
    )
