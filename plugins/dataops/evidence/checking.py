"""Running one check so that it always leaves a verdict: what could not run is inconclusive, never passed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a look found: whether it is as it should be, what was there, and why it matters."""

    well: bool
    observed: str | Sequence[str]
    reason: str = ""


def checked(name: str, expected: JsonValue, look: Callable[[], Seen | None]) -> Check:
    """The check of this name. ``look`` returns what it saw, or None where there is nothing to look at.

    Any exception means that the check could not run: inconclusive, with the reason.
    """
    started = time.monotonic()
    verdict, reason = Verdict.INCONCLUSIVE, ""
    observed: JsonValue = None
    try:
        seen = look()
        if seen is None:
            verdict, reason = Verdict.NOT_APPLICABLE, "nothing to look at"
        else:
            verdict = Verdict.PASSED if seen.well else Verdict.FAILED
            observed = seen.observed if isinstance(seen.observed, str) else [*seen.observed]
            reason = seen.reason
    except DataOpsError as error:
        reason = f"could not run: {error}"
    except Exception as error:  # one look that breaks must not take the others with it
        log.exception("The check %s broke", name)
        reason = f"could not run: {type(error).__name__}"
    return Check(
        name=name,
        verdict=verdict,
        expected=expected,
        observed=observed,
        reason=reason,
        seconds=round(time.monotonic() - started, 3),
    )
