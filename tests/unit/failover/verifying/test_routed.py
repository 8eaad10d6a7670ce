"""Where clients were led: by the cluster's word and by who answered each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.canary.write import Write
from dataops.failover.verifying.routed import led_to

from tests.unit.failover.canary.builders import session

NEW, OLD = "127.0.0.1:5433", "127.0.0.1:5432"


def writes(*servers: str) -> list[Write]:
    """One acknowledged write a tenth of a second, each answered by the server named."""
    return [
        replace(write, server=server)
        for write, server in zip(session("a" * len(servers)), servers, strict=True)
    ]


@pytest.mark.parametrize(
    ("answered", "routed", "since", "verdict"),
    [
        ((OLD, NEW, NEW), "beta", 0.15, Verdict.PASSED),
        ((OLD, NEW, OLD), "beta", 0.15, Verdict.FAILED),
        ((OLD, NEW, NEW), "alpha", 0.15, Verdict.FAILED),
        ((OLD, NEW, NEW), "", 0.15, Verdict.INCONCLUSIVE),
        ((OLD, OLD, OLD), "beta", 0.9, Verdict.INCONCLUSIVE),
        ((OLD, NEW, NEW), "beta", None, Verdict.INCONCLUSIVE),
    ],
)
def test_every_write_after_the_route_was_led_over_is_answered_by_the_new_primary(
    answered: tuple[str, ...], routed: str, since: float | None, verdict: Verdict
) -> None:
    check = led_to(
        "led over", primary="beta", routed=routed, writes=writes(*answered), server=NEW, since=since
    )
    assert check.verdict is verdict


def test_a_primary_that_does_not_say_its_address_leaves_it_open() -> None:
    check = led_to("led over", primary="beta", routed="beta", writes=writes(NEW), server="", since=0.0)
    assert check.verdict is Verdict.INCONCLUSIVE
