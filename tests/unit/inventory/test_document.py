"""YAML without surprises: no bytes make it crash, no value changes silently."""

from __future__ import annotations

import pytest
from dataops.inventory.document import LARGEST, NotYaml, read_document
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"- a\n- b\n", "does not hold a mapping"),
        (b"just text", "does not hold a mapping"),
        (b"\xff\xfea\x00", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00", "UTF-8"),
        (b"a: \x00", "is not YAML"),
        (b"a: [1\n", "is not YAML"),
        (b"a: 1\n\tb: 2\n", "is not YAML"),
        (b"a: 1\n---\nb: 2\n", "is not YAML"),
        (b"a: &x [*x]\n", "anchor"),
        (b"a: &x 1\nb: *x\n", "anchor"),
        (b"a: *x\n", "is not YAML"),
        (b"a: !!python/object/apply:os.system [ls]\n", "tag"),
        (b"? [a, b]\n: c\n", "as a key"),
        (b"a: " + b"[" * 500 + b"]" * 500, "nested"),
        (b"a: " + b"x" * LARGEST, "KiB"),
    ],
)
def test_what_is_no_yaml_of_ours_is_told(content: bytes, message: str) -> None:
    with pytest.raises(NotYaml, match=message):
        read_document(content)


def test_the_line_of_a_mistake_is_told() -> None:
    with pytest.raises(NotYaml) as caught:
        read_document(b"a: 1\nb: 2\nc: &x [*x]\n")
    assert caught.value.line == 3


def test_a_byte_order_mark_and_windows_line_ends_are_harmless() -> None:
    assert read_document(b"\xef\xbb\xbfa: b\r\nc: d\r\n").values == {"a": "b", "c": "d"}


def test_numbers_are_only_what_looks_like_one() -> None:
    text = b"a: 12\nb: 012\nc: 1_000\nd: 12:30\ne: 0x10\nf: 2026-11-23\ng: '12'\nh: -3\n"
    assert read_document(text).values == {
        "a": 12, "b": "012", "c": "1_000", "d": "12:30", "e": "0x10", "f": "2026-11-23", "g": "12", "h": -3,
    }  # fmt: skip


def test_a_key_that_stands_twice_is_found_at_any_depth() -> None:
    assert read_document(b"a:\n  b: 1\n  b: 2\na: 3\n").repeated == [("a.b", 3), ("a", 4)]


def test_places_are_those_of_the_values_and_of_the_nearest_parent() -> None:
    document = read_document(b"# comment\na:\n  b: no\n")
    assert (document.place("a", "b").line, document.place("a", "b").text) == (3, "no")
    assert document.place("a", "missing").line == 2
    assert document.place("missing").line == 2


@given(st.binary(max_size=300))
def test_no_bytes_make_it_crash(content: bytes) -> None:
    try:
        document = read_document(content)
    except NotYaml as error:
        assert str(error)
    else:
        assert isinstance(document.values, dict)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`?, \n\t0.~<=", max_size=60))
def test_no_text_made_of_yaml_signs_makes_it_crash(text: str) -> None:
    try:
        document = read_document(text.encode())
    except NotYaml as error:
        assert str(error)
    else:
        assert isinstance(document.values, dict)
