"""Checks against the manifest: each is red for its own fault, and all are green on a faithful copy."""

from __future__ import annotations

import pytest
from dataops.drill.restored import Method

from tests.integration.drill.checks.conftest import Shop


@pytest.mark.parametrize("method", ["logical", "physical"])
def test_a_faithful_copy_passes_every_check(shop: Shop, method: Method) -> None:
    ran = shop.drilled(method=method)
    assert not ran.red, ran.explain()
    print(ran.explain())
