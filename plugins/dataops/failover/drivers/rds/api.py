"""The calls of the RDS API that a failover test needs, each of which may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from dataops.connections import Connection
from dataops.failover.aws import asked, client
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import OutcomeUnknown
from dataops.failover.drivers.rds.instance import Instance, instance_of

EVERY = 2.0
"""Seconds between two looks: AWS throttles whoever asks more often."""


class RdsApi:
    """RDS in one region; boto3 is loaded when it is first asked."""

    def __init__(self, connection: Connection, region: str, *, every: float = EVERY) -> None:
        self._connection = connection
        self._region = region
        self.every = every

    def describe(self, identifier: str) -> Instance:
        """The instance now. ``AwsRefused`` where there is none."""
        answer = asked(
            f"Looking at {identifier}",
            lambda: self.calls.describe_db_instances(DBInstanceIdentifier=identifier),
        )
        return instance_of(answer["DBInstances"][0])

    def tag(self, instance: Instance, name: str, value: str) -> None:
        """Write down on the instance itself what must be known to whoever mends it."""
        asked(
            f"Tagging {instance.identifier}",
            lambda: self.calls.add_tags_to_resource(
                ResourceName=instance.arn, Tags=[{"Key": name, "Value": value}]
            ),
        )

    def untag(self, instance: Instance, *names: str) -> None:
        """Take tags away again."""
        asked(
            f"Untagging {instance.identifier}",
            lambda: self.calls.remove_tags_from_resource(ResourceName=instance.arn, TagKeys=[*names]),
        )

    def reboot(self, identifier: str, *, failover: bool = False) -> None:
        """Restart the instance, on its other zone's standby where ``failover``."""
        force = {"ForceFailover": True} if failover else {}
        asked(
            f"Rebooting {identifier}",
            lambda: self.calls.reboot_db_instance(DBInstanceIdentifier=identifier, **force),
        )

    def modify(self, identifier: str, **changes: Any) -> None:
        """Change the instance now, and not in its maintenance window."""
        asked(
            f"Changing {identifier}",
            lambda: self.calls.modify_db_instance(
                DBInstanceIdentifier=identifier, ApplyImmediately=True, **changes
            ),
        )

    def wait(
        self, identifier: str, condition: Callable[[Instance], bool], *, seconds: float, what: str
    ) -> Instance:
        """The instance once the condition holds; ``OutcomeUnknown`` where it does not within ``seconds``."""
        seen = self.describe(identifier)

        def there() -> bool:
            nonlocal seen
            try:
                seen = self.describe(identifier)
            except OutcomeUnknown:  # one answer that was lost says nothing
                return False
            return condition(seen)

        if not wait_until(there, seconds=seconds, every=self.every):
            raise OutcomeUnknown(
                f"{identifier} is not {what} after {seconds:g} s: AWS says that it is {seen.status} in "
                f"{seen.zone}. See its events in the RDS console."
            )
        return seen

    @cached_property
    def calls(self) -> Any:
        """boto3's client."""
        return client(self._connection, "rds", self._region)
