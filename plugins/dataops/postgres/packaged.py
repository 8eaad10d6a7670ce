"""SQL that ships with the package: one question per file in a ``sql/`` folder beside its capability."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def sql(package: str, name: str) -> str:
    """The text of ``sql/<name>.sql`` beside ``package``, such as ``dataops.postgres``."""
    return (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
