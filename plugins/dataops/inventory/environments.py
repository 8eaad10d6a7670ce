"""The environments that files under include/ name: whoever asks for another one has probably mistyped it.

An environment without a file is no error to a loop over the inventory: it does nothing, and is green.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from dataops.inventory.document import NotYaml, content_of, read_document

FILES = ("servers/*.yaml", "kafka/*/cluster.yaml")
"""The files that say of which environment they are; all others belong to one of these."""


def environments(include: Path) -> tuple[str, ...]:
    """Every environment that a readable file names, sorted."""
    said = (_said(path) for pattern in FILES for path in include.glob(pattern))
    return tuple(sorted({each for each in said if each}))


def unnamed(include: Path, environment: str) -> str:
    """Why nothing is of this environment, and which there are; empty where a file names it, or none any."""
    known = environments(include)
    if not known or environment in known:
        return ""
    near = get_close_matches(environment, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"They name: {', '.join(known)}."
    return f"No server and no cluster of include/ is of the environment {environment!r}. {hint}"


def _said(path: Path) -> str | None:
    try:
        value = read_document(content_of(path)).values.get("environment")
    except NotYaml:
        return None
    return value if isinstance(value, str) else None
