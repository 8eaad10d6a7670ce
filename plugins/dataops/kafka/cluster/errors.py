"""What can go wrong between us and a Kafka cluster."""

from __future__ import annotations

from dataops.errors import ConfigurationError, InconclusiveError


class ClusterRefused(ConfigurationError):
    """Wrong connection, login, TLS or cluster: what a person must correct. Nothing was changed."""


class NotAllowed(ConfigurationError):
    """The login lacks a right that the work needs. Nothing was changed."""


class ClusterUnreachable(InconclusiveError):
    """Nobody answered within the limits of patience: nothing is known, and nothing was changed."""


class Unsupported(InconclusiveError):
    """The cluster cannot do what was asked of it; the message says what and why."""
