"""Where the inventory lies and which environment is meant, by the two variables that say so."""

from __future__ import annotations

import os
from pathlib import Path

from dataops.errors import ConfigurationError


def include_folder() -> Path:
    """The folder of the users' files: ``DATAOPS_INCLUDE``, by default include/ beside plugins/."""
    chosen = os.environ.get("DATAOPS_INCLUDE")
    return Path(chosen) if chosen else Path(__file__).parents[3] / "include"


def environment_name() -> str:
    """The environment that is operated, from ``DATAOPS_ENVIRONMENT``.

    There is no default: nobody else can say whose databases to touch. Raises ``ConfigurationError``.
    """
    name = os.environ.get("DATAOPS_ENVIRONMENT", "")
    if not name:
        raise ConfigurationError(
            "DATAOPS_ENVIRONMENT is not set: set it to the `environment` of the servers that are meant."
        )
    return name
