"""One measured ratio: ours against a bare tool's, side by side in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """``ours`` and ``theirs`` in ``unit``, each the median of rounds that took turns; ``bar`` is the promise.

    ``allowance`` is added to the bar's product: the promise "1.05 times + 2 s" has an allowance of 2.
    """

    name: str
    ours: float
    theirs: float
    bar: float
    unit: str = "s"
    allowance: float = 0.0
    parts: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Ours by theirs."""
        return self.ours / self.theirs

    @property
    def holds(self) -> bool:
        """Whether the promise holds."""
        return self.ours <= self.bar * self.theirs + self.allowance


def side_by_side(
    ours: Callable[[], float], theirs: Callable[[], float], *, rounds: int = 3
) -> tuple[float, float]:
    """Medians of both, measured in turns, so that a noisy minute falls on either alike."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
