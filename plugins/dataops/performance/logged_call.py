"""One call of a statement as the server logged it: with its literals, where the inventory allows that."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class LoggedCall(BaseModel):
    """The slowest call of a statement in a window.

    ``statement`` is the statement's fingerprint, ``text`` what was sent, ``parameters`` its bind parameters
    as PostgreSQL writes them (``$1 = '42'``; empty: none were logged), ``seconds`` how long it took, and
    ``at`` when that was logged (UTC).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    statement: str
    text: str
    parameters: str = ""
    seconds: float
    at: datetime
