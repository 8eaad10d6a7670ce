"""What drills of other programs' backups need: a subject whose YAML names the program, and a whole drill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.drill.run import Outcome, run
from dataops.inventory import Drill, Inventory, Server
from dataops.platform import Platform

DrillServer = Callable[..., Outcome]


@pytest.fixture
def drill_server(
    object_store_server: Any, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """``drill_server(primary, {"kind": "barman", …})``: a whole drill of a server, with its evidence."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket(lock=False))
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)

    def start(primary: Any, source: dict[str, Any], **drill: Any) -> Outcome:
        server = Server(
            name="main",
            environment="test",
            connection="main_primary",
            owner="tests",
            drill=Drill.model_validate({"third_party": source, **drill}),
        )
        connections = {
            "main_primary": primary.connection,
            "dataops_store": object_store_server.connection(),
        }

        def resolve(connection_id: str) -> Connection:
            return replace(connections[connection_id], id=connection_id)

        platform = Platform("test", Inventory((server,)), resolve)
        return run(platform, "main", say=print, options={"work_dir": str(work_dir)})

    return start


def told(outcome: Outcome) -> str:
    return "\n".join(f"{c.verdict}: {c.name}: {c.reason} {c.observed}" for c in outcome.record.checks)
