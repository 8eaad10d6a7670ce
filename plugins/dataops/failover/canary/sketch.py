"""SVG as plain shapes and text: what ``dataops.evidence.picture`` lets onto a page, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

CHARACTER = 6.6
"""Width of a character of the page's 12 pixel text, a little more than usual: labels must not overlap."""


class Sketch:
    """A drawing of a given size in pixels; colours are classes of the evidence page's style."""

    def __init__(self, width: float, height: float, says: str) -> None:
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "role": "img",
                "aria-label": says,
            },
        )

    def rect(self, x: float, y: float, width: float, height: float, look: str) -> None:
        """A rectangle, at least half a pixel wide so that it can be seen."""
        size = {"width": _number(max(width, 0.5)), "height": _number(height)}
        self._add("rect", {"x": _number(x), "y": _number(y), **size, "class": look})

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """A straight line."""
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        self._add("line", {**{name: _number(value) for name, value in ends.items()}, "class": look})

    def text(self, x: float, y: float, words: str, *, anchor: str = "start") -> None:
        """A label; ``anchor`` is start, middle or end."""
        place = {"x": _number(x), "y": _number(y), "text-anchor": anchor, "class": "chart-text"}
        self._add("text", place).text = words

    def strokes(self, places: Iterable[float], shape: str, y: float, look: str) -> None:
        """The same small shape at many places, as one path: ``shape`` is relative, such as ``v10``."""
        drawn = "".join(f"M{_number(x)} {_number(y)}{shape}" for x in sorted({round(x, 1) for x in places}))
        if drawn:
            self._add("path", {"d": drawn, "class": look})

    def to_svg(self) -> str:
        """The drawing as text."""
        return ElementTree.tostring(self._root, encoding="unicode")

    def _add(self, name: str, attributes: dict[str, str]) -> ElementTree.Element:
        return ElementTree.SubElement(self._root, name, attributes)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
