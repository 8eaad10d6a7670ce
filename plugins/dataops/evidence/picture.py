"""A chart on the page of evidence: SVG that a capability drew, and the same as a table behind it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict, field_validator

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({
    "svg",
    "g",
    "path",
    "line",
    "polyline",
    "polygon",
    "rect",
    "circle",
    "text",
    "tspan",
    "title",
    "desc",
})
_ATTRIBUTES = frozenset({
    *("viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx"),
    *("ry", "d", "points", "class", "id", "role", "transform", "preserveAspectRatio", "text-anchor"),
    *("dominant-baseline", "fill", "fill-opacity", "opacity", "stroke", "stroke-width", "stroke-dasharray"),
    *("stroke-linecap", "stroke-linejoin", "stroke-opacity", "font-size", "font-weight", "focusable"),
    *("vector-effect", "aria-label", "aria-labelledby", "aria-hidden", "aria-describedby"),
})
_PLAIN = re.compile(r"^[^<>&:;\\]*$")
"""What attributes may hold that could name something elsewhere: no address, no second declaration."""
_PAINT = frozenset({"fill", "stroke", "transform", "class", "id"})


class Picture(BaseModel):
    """One chart. ``svg`` draws nothing but shapes and text: no script, style, link or image passes.

    Colours come from the page's classes (``chart-…`` in page.css), so that it reads in light and dark.
    ``heading`` and ``rows`` say the same in words and numbers, for whoever cannot see it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    svg: str
    heading: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @field_validator("svg")
    @classmethod
    def _draws_only(cls, svg: str) -> str:
        problem = objection(svg)
        if problem:
            raise ValueError(f"the picture cannot go onto a page: {problem}")
        return svg


def objection(svg: str) -> str:
    """Why this text must not stand on a page of evidence, in words; empty where it may."""
    if "<!" in svg or "<?" in svg:
        return "it holds a declaration"
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        return f"it is no XML ({error})"
    if _name(root.tag) != "svg":
        return "it does not begin with <svg>"
    return next(filter(None, map(_objection_to, root.iter())), "")


def _objection_to(element: ElementTree.Element) -> str:
    name = _name(element.tag)
    if name not in _ELEMENTS:
        return f"it holds <{name}>, which no chart needs"
    for attribute, value in element.attrib.items():
        if attribute not in _ATTRIBUTES:
            return f"it holds the attribute {attribute}, which no chart needs"
        if attribute in _PAINT and not _PLAIN.match(value):
            return f"its attribute {attribute} holds more than a plain value"
    return ""


def _name(tag: str) -> str:
    return tag.removeprefix(_NAMESPACE)
