"""Checks against the manifest: each is red for its own fault, and all are green on a faithful copy."""

from __future__ import annotations

from tests.integration.drill.checks.conftest import Shop


def test_a_faithful_copy_passes_every_check(shop: Shop) -> None:
    ran = shop.drilled()
    assert not ran.red, ran.explain()
    print(ran.explain())
