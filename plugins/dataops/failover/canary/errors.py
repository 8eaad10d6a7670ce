"""What can go wrong with the canary itself: then nothing is proven."""

from __future__ import annotations

from dataops.errors import InconclusiveError


class CanaryFailed(InconclusiveError):
    """The canary did not start, or ended by itself: nobody watched what clients see."""


class NotSteady(InconclusiveError):
    """Writes did not go well for long enough."""


class LedgerUntrusted(InconclusiveError):
    """A ledger was changed, cut or lost: what it says proves nothing. Names file and line."""
