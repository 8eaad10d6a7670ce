"""Servers and platforms that the tests of several capabilities share."""

from tests.integration.bench import bench, owner
from tests.integration.plant import full, site

__all__ = ["bench", "full", "owner", "site"]
