"""Where clients were led: by the cluster's own word, and by which server answered them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dataops.evidence.verdict import Check
from dataops.failover.canary.write import Write
from dataops.failover.verifying.judged import judged, part


def led_to(
    name: str, *, primary: str, routed: str, writes: Iterable[Write], server: str, since: float | None
) -> Check:
    """The route answers from the new primary, and so did every write that was sent after it was led there.

    ``server``: ``host:port`` as the new primary sees itself. A route that still leads elsewhere is failed,
    also where what it leads to happens to be down.
    """
    answered = Counter(
        each.server for each in writes if each.acknowledged and since is not None and each.sent > since
    )
    strange = {each: count for each, count in answered.items() if each != server}
    told = ", ".join(f"{count} by {each}" for each, count in answered.most_common()) or "no write"
    return judged(
        name,
        (
            part("the endpoint", routed == primary if routed else None, expected=primary, observed=routed),
            part(
                "who answered clients",
                (not strange) if answered and server else None,
                expected=f"all by {server or 'the new primary'}",
                observed=told,
            ),
        ),
        expected=f"clients are led to {primary}",
        observed=routed or "nowhere",
    )
