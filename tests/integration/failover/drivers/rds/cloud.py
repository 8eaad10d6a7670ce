"""RDS as a test needs it: moto answers the API, real servers stand behind it, and what AWS does is done here.

moto keeps descriptions and changes nothing else: it knows no reboot, no other zone, and a promoted replica
stays one. So its calls are extended by what AWS's documentation says that they do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from dataops.connections import Connection
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from tests.conftest import DatabaseServer
from tests.integration.failover.aws import REGION, api
from tests.integration.failover.drivers.rds.gate import Gate

REBOOT = 0.2
"""Seconds; at AWS one to two minutes."""


class Cloud:
    """Instances by name, each with a gate in front of its server."""

    def __init__(self, aws: Connection, patch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.calls = api(aws, "rds")
        self.gates: dict[str, Gate] = {}
        self.servers: dict[str, DatabaseServer] = {}
        self.replicate: Callable[[str, str], DatabaseServer] | None = None
        self._starter = ThreadPoolExecutor(1)
        """A server ends with the thread that started it, and moto has one for each request."""
        self.stubborn = False
        """Whether a forced failover restarts the instance where it is."""
        self._patch(patch)

    def instance(self, name: str, server: DatabaseServer, **said: Any) -> None:
        """A new instance with a server behind it."""
        self.calls.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.small",
            Engine="postgres",
            EngineVersion="15.4",
            MasterUsername="root",
            MasterUserPassword="canary-password",
            AllocatedStorage=20,
            **said,
        )
        self.serve(name, server)

    def serve(self, name: str, server: DatabaseServer) -> None:
        """Put a server behind an instance; its address stays."""
        self.servers[name] = server
        if name in self.gates:
            self.gates[name].target = server.port
        else:
            self.gates[name] = Gate(server.port, lambda: self._reachable(name))

    def connection(self, name: str) -> Connection:
        """Straight to the instance, through its gate."""
        server = self.servers[name].connection
        return Connection(
            id=f"shop_{name}",
            type="postgres",
            host=server.host,
            port=self.gates[name].port,
            login=server.login,
            password=server.password,
            schema="postgres",
        )

    def described(self, name: str) -> Any:
        """moto's own object of an instance."""
        return rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases[name]

    def groups(self, name: str) -> list[str]:
        return list(self.described(name).vpc_security_group_ids)

    def tags(self, name: str) -> dict[str, str]:
        return {each["Key"]: each["Value"] for each in self.described(name).tags}

    def remove(self, name: str) -> None:
        """Take an instance away again, if it is still there."""
        self.gates.pop(name).close()
        with suppress(self.calls.exceptions.DBInstanceNotFoundFault):
            self.calls.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)

    def close(self) -> None:
        for gate in self.gates.values():
            gate.close()
        self._starter.shutdown()
        rds_backends[DEFAULT_ACCOUNT_ID][REGION].reset()

    def _reachable(self, name: str) -> bool:
        databases = rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases
        if name not in databases or databases[name].status != "available":
            return False
        return "sg-nobody" not in databases[name].vpc_security_group_ids

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        promote, replicate = RDSBackend.promote_read_replica, RDSBackend.create_db_instance_read_replica

        def rebooted(response: RDSResponse) -> Any:
            name = response.params["DBInstanceIdentifier"]
            self._reboot(name, failover=bool(response.params.get("ForceFailover")))
            return answer(response)

        def promoted(backend: RDSBackend, given: dict[str, Any]) -> Any:
            found = promote(backend, given)
            self.servers[found.db_instance_identifier].execute("SELECT pg_promote()")
            found.source_db_instance_identifier = None
            return found

        def replicated(backend: RDSBackend, given: dict[str, Any]) -> Any:
            name, source = given["db_instance_identifier"], given["source_db_instance_identifier"]
            found = replicate(backend, given)
            found.tags, found.status = [], "available"
            found.db_instance_identifier, found.source_db_instance_identifier = name, source
            if self.replicate is not None:
                self.serve(name, self._starter.submit(self.replicate, name, source).result())
            return found

        answer = RDSResponse.reboot_db_instance
        patch.setattr(RDSResponse, "reboot_db_instance", rebooted)
        patch.setattr(RDSBackend, "promote_read_replica", promoted)
        patch.setattr(RDSBackend, "create_db_instance_read_replica", replicated)

    def _reboot(self, name: str, *, failover: bool) -> None:
        found = self.described(name)
        found.status = "rebooting"
        self.gates[name].cut()

        def over() -> None:
            if failover and not self.stubborn:
                found.availability_zone = f"{REGION}{'a' if found.availability_zone[-1] == 'b' else 'b'}"
            found.status = "available"

        threading.Timer(REBOOT, over).start()
