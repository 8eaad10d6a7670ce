"""What a report is about: a database, a window, and who is told of its progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say
from dataops.inventory import Database, Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.inventory.reporting import Report as Wanted

DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReportJob:
    """One report on one database, by its name in the inventory.

    ``until`` is the end of its window, UTC, and ``length`` how long that is. ``fresh`` takes a whole sample
    first, so that what is asked once an hour is not an hour old: for a report of now, not for one of a past
    day.
    """

    platform: Platform
    database: str
    say: Say
    until: datetime
    length: timedelta = DAY
    fresh: bool = True

    @cached_property
    def subject(self) -> Database:
        """The database. Raises ``ConfigurationError`` for a server and for an unknown name."""
        found = self.platform.inventory.subject(self.database)
        if isinstance(found, Server):
            names = ", ".join(each.name for each in self.platform.inventory.databases_of(found))
            raise ConfigurationError(
                f"{found.name} is a server: a report is of one of its databases: {names or 'none'}."
            )
        return found

    @property
    def server(self) -> Server:
        """The server that it is on."""
        return self.platform.inventory.server_of(self.subject)

    @property
    def wanted(self) -> Wanted:
        """What the inventory says of its report."""
        return self.subject.report

    @property
    def since(self) -> datetime:
        """The begin of the window."""
        return self.until - self.length


def of_now(platform: Platform, database: str, say: Say, *, length: timedelta = DAY) -> ReportJob:
    """The report of the day, or the time, that ends now."""
    return ReportJob(platform, database, say, datetime.now(UTC), length)


def of_day(platform: Platform, database: str, say: Say, day: datetime) -> ReportJob:
    """The report of a past day, 00:00 to 24:00 UTC; of today, what there is of it."""
    begin = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    now = datetime.now(UTC)
    if begin > now:
        raise ConfigurationError(f"{begin:%Y-%m-%d} is yet to come: name a day that has begun, in UTC.")
    until = min(begin + DAY, now)
    return ReportJob(platform, database, say, until, until - begin, fresh=False)
