"""A statement that is executed by the extended protocol: the server logs its parameter beside its text."""

from __future__ import annotations

import os
import subprocess

from sandbox.ports import LOOPBACK
from sandbox.postgresql import SUPERUSER, programs
from tests.conftest import DatabaseServer


def execute_bound(server: DatabaseServer, dbname: str, statement: str, value: str) -> None:
    """Execute the statement once, by pgbench, with the value as its parameter ``:value``.

    It is logged with a semicolon at its end.
    """
    argv = [programs() / "pgbench", "-n", "-M", "extended", "-t", "1", "-f", "-", "-D", f"value={value}"]
    login = {"PGUSER": SUPERUSER, "PGPASSWORD": server.cluster.password, "PGDATABASE": dbname}
    environment = {**os.environ, "PGHOST": LOOPBACK, "PGPORT": str(server.port), **login}
    script = f"{statement};\n".encode()
    subprocess.run(argv, input=script, env=environment, check=True, stdout=subprocess.DEVNULL)
