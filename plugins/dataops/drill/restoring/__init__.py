"""Restoring a recovery point onto a scratch server, and taking that server down again."""

from dataops.drill.restoring.attached import attached
from dataops.drill.restoring.restore import restored, torn_down

__all__ = ["attached", "restored", "torn_down"]
