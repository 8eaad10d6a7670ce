"""Values of a YAML file, fast enough for tens of thousands of topics.

Reads the same values as ``dataops.inventory.document``, without a node for each: a plain file needs a fifth
of the time. Whatever is not plain, and every place of a mistake, is left to that module.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from dataops.inventory.document import Document, Place, content_of, read_document, scalar_value

LARGEST = 16 * 1024 * 1024
"""Bytes that a file may have: about 80,000 topics."""


class _NotPlain(Exception):
    """The file has something that the slow reader must see."""


@dataclass
class Values:
    """What a file holds. ``lines``: the line of each key of the mappings below the root's keys."""

    content: bytes
    values: dict[str, object]
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    _document: Document | None = None

    def place(self, *path: str | int) -> Place:
        """Where the value of this path stands; where it is missing, its nearest parent."""
        return self.document.place(*path)

    @property
    def document(self) -> Document:
        """The file with the place of every value, read only where somebody asks for one."""
        if self._document is None:
            self._document = read_document(self.content, LARGEST)
        return self._document


def read_values(path: Path) -> Values:
    """The values of this file. Raises ``NotYaml``, and nothing else, whatever it holds."""
    content = content_of(path, LARGEST)
    with without_collecting():
        try:
            return _quick(content)
        except (_NotPlain, yaml.YAMLError, UnicodeDecodeError, RecursionError):
            document = read_document(content, LARGEST)
    found = Values(content, document.values, repeated=document.repeated, _document=document)
    for top, inner in document.values.items():
        if isinstance(inner, dict):
            found.lines |= {(top, key): document.place(top, key).line for key in inner}
    return found


@contextmanager
def without_collecting() -> Generator[None, None, None]:
    """Thousands of new objects, none of them garbage: looking for some takes longer than reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _quick(content: bytes) -> Values:
    if len(content) > LARGEST or not hasattr(yaml, "CSafeLoader"):
        raise _NotPlain
    loader = yaml.CSafeLoader(content.decode("utf-8-sig"))
    try:
        reading = _Reading(loader.get_event, _resolver(loader), {})
        reading.expect(yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.MappingStartEvent)
        values = reading.mapping(1, "")
        reading.expect(yaml.DocumentEndEvent, yaml.StreamEndEvent)
    finally:
        loader.dispose()
    return Values(content, values, reading.lines)


def _resolver(loader: yaml.CSafeLoader) -> Callable[[str], object]:
    """From the text of a plain scalar to its value. Most texts come back again and again."""

    @lru_cache(maxsize=16384)
    def value(text: str) -> object:
        tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return scalar_value(yaml.ScalarNode(tag, text))

    return value


@dataclass
class _Reading:
    """One pass over the events of a file."""

    next: Callable[[], yaml.Event | None]
    plain: Callable[[str], object]
    lines: dict[tuple[str, str], int]

    def expect(self, *kinds: type[yaml.Event]) -> None:
        """Takes these events, and no others."""
        for kind in kinds:
            if not isinstance(self.next(), kind):
                raise _NotPlain

    def mapping(self, depth: int, top: str) -> dict[str, object]:
        values: dict[str, object] = {}
        following, scalar, end = self.next, yaml.ScalarEvent, yaml.MappingEndEvent
        while True:
            event = following()
            if isinstance(event, scalar):
                key: str = event.value
                if key in values or event.anchor is not None or event.tag is not None:
                    raise _NotPlain
                if depth == 2 and event.start_mark is not None:
                    self.lines[top, key] = event.start_mark.line + 1
                values[key] = self.value(following(), depth, key if depth == 1 else top)
            elif isinstance(event, end):
                return values
            else:
                raise _NotPlain

    def value(self, event: yaml.Event | None, depth: int, top: str) -> object:
        if depth > 7 or getattr(event, "anchor", None) is not None:
            raise _NotPlain
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None:
                raise _NotPlain
            return self.plain(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.MappingStartEvent) and event.tag is None:
            return self.mapping(depth + 1, top)
        if isinstance(event, yaml.SequenceStartEvent) and event.tag is None:
            return self._sequence(depth + 1, top)
        raise _NotPlain

    def _sequence(self, depth: int, top: str) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.value(event, depth, top))
        return items
