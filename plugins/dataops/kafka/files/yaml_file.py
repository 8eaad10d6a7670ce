"""One file of a cluster's folder, and the problems that were found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dataops.inventory.explain import shown
from dataops.inventory.problem import Problem
from dataops.kafka.files.reading import Values


@dataclass
class YamlFile:
    """A file that was read. ``path`` begins with the include folder's name, as problems show it."""

    path: Path
    values: Values | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    pruned: set[tuple[str | int, ...]] = field(default_factory=set)
    """Paths of values that are wrong in themselves and were taken out: enough is said about them."""

    def complain(
        self, place: tuple[str | int, ...], message: str, value: str = "", allowed: tuple[str, ...] = ()
    ) -> None:
        """Adds a problem at the field of this path. ``value`` is quoted as it stands in the file."""
        if place not in self.pruned:
            self.problems.append(self.problem(place, message, value, allowed))

    def warn(self, place: tuple[str | int, ...], message: str, value: str = "") -> None:
        """Adds a warning at the field of this path."""
        self.warnings.append(self.problem(place, message, value))

    def problem(
        self, place: tuple[str | int, ...], message: str, value: str = "", allowed: tuple[str, ...] = ()
    ) -> Problem:
        """A problem at the field of this path."""
        line = self.values.place(*place).line if self.values and place else 0
        return Problem(self.path, line, ".".join(map(str, place)), message, value, allowed)

    def written(self, *place: str | int) -> str:
        """The value as it stands in the file, quoted and shortened."""
        return shown(self.values.place(*place).text) if self.values else ""
