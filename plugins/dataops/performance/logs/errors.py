"""Why a server's log cannot be read."""

from __future__ import annotations

from dataops.errors import ConfigurationError


class LogUnreachable(ConfigurationError):
    """The log is not written where we may read it; the message says what to set or to grant."""


class LogUnreadable(ConfigurationError):
    """The log is written in a way that cannot be counted, such as in another language."""
