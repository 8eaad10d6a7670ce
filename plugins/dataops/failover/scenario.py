"""What the YAML of a scenario may say: include/failover/<scenario>.yaml."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from dataops.inventory.duration import Duration
from dataops.inventory.failover import NodeName
from dataops.inventory.fields import Name, Owner, Part
from dataops.inventory.schedule import Schedule

Mode = Literal["tabletop", "switchover", "crash", "partition", "region_loss"]
FaultName = Literal[
    "stop",
    "kill",
    "hang",
    "hang_postmaster",
    "cut_node",
    "cut_replication",
    "cut_clients",
    "lagging_standby",
    "kill_standby",
    "kill_standby_while_promoting",
    "wal_disk_full",
    "standby_disk_full",
    "region_lost",
]
Count = Annotated[int, Field(strict=True, ge=0)]


class Load(Part):
    """How much the canary writes, and how often readers look."""

    sessions: int = Field(2, strict=True, ge=1, le=32, description="Sessions that write.")
    rate: int = Field(50, strict=True, ge=1, le=1000, description="Writes a second and session, at most.")
    readers: int = Field(1, strict=True, ge=0, le=8, description="Sessions that read on a standby.")
    patience: Duration = Field(
        timedelta(seconds=1), description="How long a client waits for an answer before it tries elsewhere."
    )
    steady: Duration = Field(
        timedelta(seconds=3), description="How long writes must go well before and after the fault."
    )


class Promise(Part):
    """What must hold, or the test is red."""

    rto: Duration = Field(
        timedelta(seconds=60),
        description="Longest time without service: last acknowledgement before the fault to the first "
        "sustained one after it, of the worst session.",
    )
    rpo: Duration | None = Field(
        None, description="Longest span of acknowledged writes that may be lost. Default: none may."
    )
    rpo_rows: Count = Field(0, description="Acknowledged writes that may be lost.")
    staleness: Duration = Field(
        timedelta(seconds=30), description="How far what readers see on a standby may be behind."
    )


class Stop(Part):
    """When the round ends itself: before the commit point it heals, after it it goes forward only."""

    longest: Duration = Field(timedelta(minutes=15), description="Longest time of the whole round.")
    unavailable: Duration = Field(timedelta(minutes=5), description="Longest time without service.")
    lease: Duration = Field(
        timedelta(seconds=15),
        description="Within which the cluster is healed or fenced and a person paged, once the coordinator "
        "is silent.",
    )


class Approval(Part):
    """Whether a person must say yes."""

    required: bool = Field(True, strict=True, description="Whether a person must approve each run.")
    within: Duration = Field(timedelta(hours=4), description="How long the request stands.")


class Scenario(Part):
    """One disaster: what is broken, how, and what must be true afterwards."""

    name: Name = Field(alias="scenario", description="Name of the scenario, equal to the name of the file.")
    database: Name = Field(description="Database whose clients are looked at; its server is failed over.")
    mode: Mode = Field(description="How far it goes: `tabletop` only says what would be done.")
    fault: FaultName | None = Field(
        None,
        description="What is broken. Default: `stop` of a switchover, `kill` of a crash, `cut_node` of a "
        "partition, `region_lost` of a region loss.",
    )
    node: NodeName | None = Field(None, description="Node that is broken. Default: the primary.")
    standby: NodeName | None = Field(
        None, description="Node that is promoted. Default: the synchronous one, or the one ahead."
    )
    failback: bool = Field(True, strict=True, description="Whether the first primary is primary again after.")
    load: Load = Field(Load(), description="The canary.")
    objectives: Promise = Field(Promise(), description="What must hold.")
    stop: Stop = Field(Stop(), description="When the round ends itself.")
    approval: Approval = Field(Approval(), description="Whether a person must say yes.")
    schedule: Schedule | None = Field(None, description="When it runs, UTC; `null`: by hand only.")
    owner: Owner | None = Field(None, description="Who is called. Default: the owner of the database.")
    expectations: bool = Field(
        True, strict=True, description="Whether the database's data checks run on the promoted node."
    )

    @property
    def breaks(self) -> FaultName:
        """What is broken, by default of the mode."""
        defaults: dict[Mode, FaultName] = {
            "tabletop": "kill",
            "switchover": "stop",
            "crash": "kill",
            "partition": "cut_node",
            "region_loss": "region_lost",
        }
        return self.fault or defaults[self.mode]
