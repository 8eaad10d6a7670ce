"""What can go wrong on a laptop, each in one sentence."""

from __future__ import annotations

from dataops.errors import ConfigurationError, DataOpsError


class Missing(ConfigurationError):
    """Something that the sandbox needs is not on this machine: exit code 2."""


class ServiceFailed(DataOpsError):
    """A service did not start, or died: exit code 1. The message names it and ends with its log's tail."""
