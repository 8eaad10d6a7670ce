"""Expressions that are equal, but printed otherwise after a dump and restore."""

from __future__ import annotations

import pytest
from dataops.backup.manifest.normalise import normalised

PAIRS = [
    (
        "((a)::text = ANY ((ARRAY['x'::character varying, 'y''s'::character varying])::text[]))",
        "((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y''s'::character varying)::text]))",
    ),
    (
        "(ARRAY['a, b]'::character varying(10)])::text[]",
        "ARRAY[('a, b]'::character varying(10))::text]",
    ),
    ("(ARRAY[1, 2])::bigint[]", "ARRAY[(1)::bigint, (2)::bigint]"),
    ("(ARRAY['sad'::public.mood, NULL::public.mood])::public.mood[]", None),
]


@pytest.mark.parametrize(("stored", "restored"), PAIRS[:3])
def test_both_spellings_become_one(stored: str, restored: str) -> None:
    assert normalised(stored) == restored
    assert normalised(restored) == restored


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(ARRAY['x'::varchar])::text[]", "(ARRAY['y'::varchar])::text[]"),
        ("(ARRAY['x'::varchar])::text[]", "(ARRAY['x'::varchar, 'x'::varchar])::text[]"),
        ("(ARRAY['x'::varchar])::text[]", "(ARRAY['x'::varchar])::bpchar[]"),
        ("(ARRAY['x'::varchar])::text[]", "(ARRAY['x'::bpchar])::text[]"),
        ("(ARRAY['a'', ''b'::varchar])::text[]", "(ARRAY['a'::varchar, 'b'::varchar])::text[]"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_it_reaches_into_lists_and_objects_and_leaves_the_rest() -> None:
    stored, restored = PAIRS[0]
    assert normalised({"a": [stored, 1, None, True], "b": "plain"}) == {
        "a": [restored, 1, None, True],
        "b": "plain",
    }
