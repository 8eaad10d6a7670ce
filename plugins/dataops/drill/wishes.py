"""What one drill may want otherwise than the subject's file says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataops.errors import ConfigurationError
from dataops.inventory import Database, Server

MODES = ("full", "budgeted")


def wished(subject: Database | Server, options: Mapping[str, Any]) -> Database | Server:
    """The subject with the drill that ``options`` asks for; ``ConfigurationError`` for an unknown mode."""
    mode = options.get("mode")
    if mode is None:
        return subject
    if mode not in MODES:
        raise ConfigurationError(f"A drill has no mode {mode!r}: choose of {', '.join(MODES)}.")
    return subject.model_copy(update={"drill": subject.drill.model_copy(update={"mode": mode})})
