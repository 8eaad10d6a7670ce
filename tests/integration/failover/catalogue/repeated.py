"""Rows of the catalogue: each three times under ``make torture``; a few of them once in ``make test``."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.integration.failover.cell import Cell

MakeCell = Callable[..., Cell]
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
ROUNDS = int(os.environ.get("DATAOPS_ROUNDS", "3")) if TORTURE else 1


def row(*, light: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of one row: ``attempt`` is which of its rounds this is. ``light``: also in ``make test``."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        test = pytest.mark.parametrize("attempt", range(ROUNDS))(test)
        test = pytest.mark.skipif(not (TORTURE or light), reason="a whole round: make torture")(test)
        return pytest.mark.torture(test)

    return mark
