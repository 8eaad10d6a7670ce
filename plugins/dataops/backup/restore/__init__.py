"""Restores for the real day: steps said first, harm refused, the result checked when asked."""

from __future__ import annotations

from pathlib import Path

from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say, StepReport
from dataops.inventory import Database
from dataops.platform import Platform


def restore(
    platform: Platform,
    name: str,
    *,
    point: str = "latest",
    target: str,
    say: Say,
    dry_run: bool = False,
    verify: bool = False,
    with_roles: bool = False,
    from_replica: bool = False,
    jobs: int = 2,
    work_dir: Path | None = None,
) -> StepReport:
    """What was restored and how it compares, as checks and figures; red where a check is.

    ``point`` is ``latest``, a backup id, or a time in ISO 8601 (the newest recovery point at or before it).
    ``target`` is a DSN for a database, a directory for a server. ``dry_run`` only says the steps.
    ``with_roles`` also makes the roles that the target lacks. Raises ``ConfigurationError`` for a target
    that is not empty or is the subject itself.
    """
    subject = platform.inventory.subject(name)
    if isinstance(subject, Database):
        from dataops.backup.restore.logical import restore_logical

        return restore_logical(
            platform,
            subject,
            point=point,
            target=target,
            say=say,
            dry_run=dry_run,
            verify=verify,
            with_roles=with_roles,
            from_replica=from_replica,
            jobs=jobs,
            work_dir=work_dir,
        )
    if subject.rds is not None:
        raise ConfigurationError(
            f"{name} is managed by AWS: restore it with `aws rds restore-db-instance-from-db-snapshot`; "
            f"`dataops backup list {name}` names the snapshots."
        )
    from dataops.backup.restore.physical import restore_physical

    return restore_physical(
        platform,
        subject,
        point=point,
        target=Path(target),
        say=say,
        dry_run=dry_run,
        verify=verify,
        from_replica=from_replica,
    )
