"""AWS APIs that nothing here can serve, by moto as a server of its own."""

from __future__ import annotations

from tests.integration.failover.aws import aws

__all__ = ["aws"]
