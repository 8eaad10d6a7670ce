"""YAML as it stands in the file: plain values, and the line of each.

Read with libyaml, without YAML 1.1's surprises: no tags, no anchors, no key twice, and ``0123``,
``1_000`` or ``12:30`` are not silently other numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

LARGEST = 256 * 1024
"""Bytes that a file may have. The largest sensible one has a few kilobytes."""

_DEEPEST = 8
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_TAG = "tag:yaml.org,2002:"
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotYaml(Exception):
    """The text is no YAML mapping; ``line`` says where reading stopped, 0 if nowhere in particular."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Place:
    """Where a value stands: its line, from 1, and its text as written; empty for lists and mappings."""

    line: int
    text: str


@dataclass
class Document:
    """A file's values, and keys that stand there twice, as dotted path and line."""

    values: dict[str, object]
    root: yaml.MappingNode
    repeated: list[tuple[str, int]] = field(default_factory=list)
    _keys: dict[int, dict[str | int, tuple[int, yaml.Node]]] = field(default_factory=dict, repr=False)
    """What stands below each mapping that was asked for, by the mapping's identity."""

    def place(self, *path: str | int) -> Place:
        """Where the value of this path stands; where it is missing, its nearest parent."""
        node: yaml.Node = self.root
        line = node.start_mark.line + 1
        for part in path:
            found = self._child(node, part)
            if found is None:
                return Place(line, "")
            line, node = found
        return Place(line, node.value if isinstance(node, yaml.ScalarNode) else "")

    def _child(self, node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
        if isinstance(node, yaml.MappingNode):
            if id(node) not in self._keys:
                # From behind, so that of a key that stands there twice the first one counts.
                pairs = reversed(node.value)
                self._keys[id(node)] = {key.value: (key.start_mark.line + 1, value) for key, value in pairs}
            return self._keys[id(node)].get(part)
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            return node.value[part].start_mark.line + 1, node.value[part]
        return None


def content_of(path: Path, largest: int = LARGEST) -> bytes:
    """A file's bytes, one more than ``largest`` where it has more. Raises ``NotYaml``, and nothing else."""
    try:
        if not path.is_file():
            raise NotYaml("is no file that can be read: a folder, or a link to nothing")
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except OSError as error:
        raise NotYaml(f"cannot be read: {error.strerror}") from None


def read_document(content: bytes, largest: int = LARGEST) -> Document:
    """The document that these bytes hold. Raises ``NotYaml``, and nothing else, whatever the bytes."""
    if len(content) > largest:
        raise NotYaml(f"has more than {largest // 1024} KiB: this is no file of the inventory")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotYaml("is not text in UTF-8: save it as UTF-8", line) from None
    root = _compose(text)
    if root is None:
        raise NotYaml("is empty: `dataops new` writes a valid starting file")
    if not isinstance(root, yaml.MappingNode):
        raise NotYaml("does not hold a mapping: write `field: value` lines", root.start_mark.line + 1)
    document = Document({}, root)
    document.values = _Construction(document).mapping(root, "", 1)
    return document


def _compose(text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise NotYaml(f"is not YAML: {error.problem or error.context}", line) from None
    except (yaml.YAMLError, RecursionError):
        raise NotYaml("is not YAML: it holds control characters or is nested too deep") from None
    return node


@dataclass
class _Construction:
    """From nodes to values. A node met twice is an anchor's, which could grow without bound."""

    document: Document
    seen: set[int] = field(default_factory=set)

    def mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise NotYaml("has a list or mapping as a key: keys are words", line)
            name = f"{path}{key.value}"
            if key.value in values:
                self.document.repeated.append((name, line))
            values[key.value] = self.value(value, name + ".", depth)
        return values

    def value(self, node: yaml.Node, path: str, depth: int) -> object:
        line = node.start_mark.line + 1
        if id(node) in self.seen:
            raise NotYaml("uses an anchor: write the value out", line)
        self.seen.add(id(node))
        if depth > _DEEPEST:
            raise NotYaml("is nested deeper than any field", line)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in {f"{_TAG}map", f"{_TAG}seq"}:
            raise _tagged(node)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path, depth + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, path, depth + 1) for item in node.value]
        return scalar_value(node)


def scalar_value(node: yaml.Node) -> object:
    """The value of a scalar, by its tag; as text where YAML 1.1 would read it as a surprising number."""
    text: str = node.value
    kind = node.tag.removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in {"true", "yes", "on"}
    if kind == "int":
        return int(text) if _DECIMAL.fullmatch(text) else text
    if kind == "float":
        return _float(text)
    if kind in {"str", "timestamp", "value", "merge"}:
        return text
    raise _tagged(node)


def _tagged(node: yaml.Node) -> NotYaml:
    return NotYaml(f"uses the tag {node.tag[:60]}: write plain values", node.start_mark.line + 1)


def _float(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text
