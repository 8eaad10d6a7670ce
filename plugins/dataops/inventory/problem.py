"""What is wrong in a file of the inventory, told so that a person can mend it without looking anything up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it is, what stands there, what may stand there."""

    path: Path
    line: int
    field: str
    message: str
    value: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.text}"

    @property
    def text(self) -> str:
        """The mistake without its file and line."""
        subject = " ".join(part for part in (self.field and f"{self.field}:", self.value) if part)
        allowed = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        return f"{subject} {self.message}.{allowed}".strip()


@dataclass(frozen=True)
class InvalidFile:
    """A file that cannot be used. ``name`` is the subject's, safe in a DAG id.

    ``environment`` is None where the file does not tell it: then every environment shows the error.
    """

    name: str
    path: Path
    errors: tuple[Problem, ...]
    environment: str | None = None
