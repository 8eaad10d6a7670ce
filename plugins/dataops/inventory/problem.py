"""What is wrong in a file of the inventory, told so that a person can mend it without looking anything up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it is, what stands there, what is wrong with it, what may stand there.

    ``path`` begins with the name of the include folder; ``line`` is 0 where it concerns the whole file.
    """

    path: Path
    line: int
    field: str
    message: str
    value: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"

    @property
    def text(self) -> str:
        """The mistake in a sentence or two, without its file and line."""
        allowed = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        subject = f"{self.field}: {self.value}" if self.field and self.value else self.field or self.value
        return f"{subject} {self.message}".strip() + "." * (not self.message.endswith("?")) + allowed


@dataclass(frozen=True)
class InvalidFile:
    """A file that cannot be used. ``name`` is its subject's, safe in a DAG id and unique among the invalid.

    ``environment`` is None where nothing tells it: then every environment shows the error. ``owner`` is empty
    where the file does not say it, or not in a form that can be one.
    """

    name: str
    path: Path
    errors: tuple[Problem, ...]
    environment: str | None = None
    owner: str = ""
