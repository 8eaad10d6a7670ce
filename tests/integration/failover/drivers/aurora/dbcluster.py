"""A DB cluster as a test needs it: instances that share one storage, so that a failover swaps what they are.

Two real servers are all of it, a primary and its standby: after a failover the writer's address leads to
the primary again, under another instance's name. Aurora's own functions are made of SQL.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dataops.connections import Connection
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import DBCluster, rds_backends

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer
from tests.integration.failover.aws import REGION, api
from tests.integration.failover.drivers.rds.gate import Gate

AURORA = """
CREATE TABLE who (port int PRIMARY KEY, name text);
CREATE FUNCTION aurora_db_instance_identifier() RETURNS text LANGUAGE sql AS
    $$ SELECT name FROM who WHERE port = current_setting('port')::int $$;
CREATE FUNCTION aurora_replica_status(
    OUT server_id text, OUT session_id text, OUT durable_lsn bigint, OUT current_read_lsn bigint)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT name,
        CASE WHEN (name = aurora_db_instance_identifier()) <> pg_is_in_recovery()
             THEN 'MASTER_SESSION_ID' ELSE 'a reader' END,
        1000, 990
    FROM who $$;
CREATE FUNCTION aurora_inject_crash(kind text) RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN COPY (SELECT 1) TO PROGRAM 'kill -KILL $PPID'; END $$;
"""
"""A killed backend makes PostgreSQL end all others and recover, as a crash of an instance does."""


class Cluster:
    """The DB cluster ``shop`` of the instances alpha and beta."""

    def __init__(
        self, aws: Connection, patch: pytest.MonkeyPatch, primary: DatabaseServer, standby: DatabaseServer
    ) -> None:
        self.aws, self.primary, self.standby = aws, primary, standby
        self.calls = api(aws, "rds")
        self.calls.create_db_cluster(
            DBClusterIdentifier="shop",
            Engine="aurora-postgresql",
            MasterUsername="root",
            MasterUserPassword="canary-password",
        )
        for name in ("alpha", "beta"):
            self.calls.create_db_instance(
                DBInstanceIdentifier=name,
                DBInstanceClass="db.r6g.large",
                Engine="aurora-postgresql",
                DBClusterIdentifier="shop",
            )
        primary.execute(AURORA)
        self.gates = {"alpha": Gate(primary.port, lambda: True), "beta": Gate(standby.port, lambda: True)}
        self.door = Gate(primary.port, lambda: True)
        """The cluster's own endpoint: it follows the writer."""
        self.writes("alpha")
        self.refusals = 0
        """How many failovers are refused first, as by a cluster that is still restarting."""
        self._patch(patch)

    @property
    def described(self) -> Any:
        """moto's own object."""
        return rds_backends[DEFAULT_ACCOUNT_ID][REGION].clusters["shop"]

    def writes(self, name: str) -> None:
        """Let this instance be the writer: its address leads to the primary."""
        for each, gate in self.gates.items():
            server = self.primary if each == name else self.standby
            gate.target = server.port
            gate.cut()
            self.door.cut()
            self.primary.execute(
                f"INSERT INTO who VALUES ({server.port}, '{each}') "
                f"ON CONFLICT (port) DO UPDATE SET name = '{each}'"
            )
        # By position: a standby that is behind may not have the table yet.
        ((written,),) = self.primary.execute("SELECT pg_current_wal_insert_lsn()")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
        assert wait_until(lambda: self.standby.execute(replayed) == [(True,)], seconds=20)

    def connection(self, name: str) -> Connection:
        """Straight to an instance."""
        real, gate = self.primary.connection, self.gates[name]
        return Connection(
            id=f"shop_{name}",
            type="postgres",
            host=real.host,
            port=gate.port,
            login=real.login,
            password=real.password,
            schema="postgres",
        )

    def endpoint(self) -> Connection:
        """The cluster's own endpoint, which leads to whichever instance writes."""
        return replace(self.connection("alpha"), id="shop_writer", port=self.door.port)

    def close(self) -> None:
        for gate in (*self.gates.values(), self.door):
            gate.close()
        rds_backends[DEFAULT_ACCOUNT_ID][REGION].reset()

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        from moto.rds.exceptions import InvalidDBClusterStateFault

        change = DBCluster.failover

        def fail_over(described: DBCluster, target: Any) -> None:
            if self.refusals or not self.primary.cluster.is_ready():
                self.refusals = max(0, self.refusals - 1)
                raise InvalidDBClusterStateFault("shop is not in order")
            change(described, target)
            self.writes(target.db_instance_identifier)

        patch.setattr(DBCluster, "failover", fail_over)
