"""A chart stands on the page as it was drawn, and nothing but a chart gets there."""

from __future__ import annotations

import pytest
from dataops.evidence.page import render
from dataops.evidence.picture import Picture, objection
from dataops.evidence.record import Record
from pydantic import ValidationError

from tests.unit.evidence.samples import record

DRAWN = (
    '<svg viewBox="0 0 10 10" role="img" aria-label="writes"><g class="chart-grid"><line x1="0" x2="10"/></g>'
    '<path class="chart-line" d="M0 1L2 3"/><text class="chart-text" x="1" y="2">12:00:01</text></svg>'
)


def test_a_chart_and_its_table_stand_on_the_page() -> None:
    picture = Picture(title="What clients saw", svg=DRAWN, heading=("When",), rows=(("12:00 <b>",),))

    page = render(record(pictures=(picture,)))

    assert DRAWN in page
    assert "What clients saw" in page
    assert "12:00 &lt;b&gt;" in page


def test_a_record_with_a_chart_comes_back_as_the_same_record() -> None:
    body = record(pictures=(Picture(title="Writes", svg=DRAWN),)).to_bytes()

    assert Record.model_validate_json(body).to_bytes() == body


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<style>*{}</style>",
        '<a href="https://elsewhere.example">x</a>',
        '<image href="x.png"/>',
        "<foreignObject/>",
        '<g onclick="1"/>',
        '<g style="background:url(x)"/>',
        '<path fill="url(https://elsewhere.example)"/>',
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="#a"/>',
        "<!-- a -->",
    ],
)
def test_what_is_no_chart_is_refused(inside: str) -> None:
    with pytest.raises(ValidationError, match="cannot go onto a page"):
        Picture(title="x", svg=f"<svg>{inside}</svg>")


@pytest.mark.parametrize(
    "text", ["", "plain", "<p/>", "<svg>", '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>']
)
def test_what_is_no_svg_is_refused_in_words(text: str) -> None:
    assert objection(text)
