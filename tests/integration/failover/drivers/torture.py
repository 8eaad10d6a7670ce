"""Tests that take long: whole rounds, and what waits for a cluster's own clocks."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


def torture(test: Callable[..., None]) -> Callable[..., None]:
    """A test for make torture alone."""
    skip = pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="many rounds: make torture")
    return pytest.mark.torture(skip(test))
