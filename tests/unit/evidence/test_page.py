"""The page says what the record says: to everybody, offline, in black and white too."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product

import pytest
from dataops.evidence.page import promises, render, timeline
from dataops.evidence.record import Objectives, Record
from dataops.evidence.verdict import Check, Figure, Part, Verdict

from tests.unit.evidence.samples import check, record, red, unknown

SAMPLES = [record(), red(), unknown()]
CSS = (files("dataops.evidence") / "page.css").read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Elements in order, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.verdict))
def test_the_verdict_is_said_by_word_and_by_shape(sample: Record) -> None:
    page = render(sample)
    assert f'<p class="word">{sample.verdict.capitalize()}</p>' in page
    assert f"<title>{sample.verdict.capitalize()}: Backup of flights</title>" in page
    shape = {
        "passed": "<circle",
        "failed": '<path class="fill-failed"',
        "inconclusive": '<path class="fill-inc',
    }
    assert shape[sample.verdict] in page.partition('<p class="word">')[0]
    assert sample.reason.split("'")[0] in page


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.verdict))
def test_the_page_is_well_formed_and_can_be_found_through(sample: Record) -> None:
    outline = Outline(render(sample))
    assert not outline.open
    assert outline.all("html") == [{"lang": "en"}]
    assert [len(outline.all(tag)) for tag in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    named = {attributes["id"] for attributes in outline.all("h2")}
    sections = [attributes["aria-labelledby"] for attributes in outline.all("section")]
    assert set(sections) == named and len(sections) == len(named)
    assert all("scope" in attributes for attributes in outline.all("th"))
    assert all("aria-label" in each or each.get("aria-hidden") == "true" for each in outline.all("svg"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.verdict))
def test_nothing_is_loaded_from_elsewhere(sample: Record) -> None:
    page = render(sample)
    outline = Outline(page)
    for tag in ("script", "img", "link", "iframe", "object"):
        assert not outline.all(tag)
    assert {attributes["href"] for attributes in outline.all("a")} == {"evidence.json", sample.runbook}
    assert "url(" not in page and "@import" not in page


def test_what_a_database_says_is_never_markup() -> None:
    hostile = '<script>alert(1)</script> & "quotes"'
    page = render(
        record(
            check(hostile, Verdict.FAILED, reason=hostile, expected=hostile, observed=[hostile]),
            owner=hostile,
        )
    )
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quotes&#34;" in page


def test_red_checks_stand_before_the_others() -> None:
    table = render(red()).partition('<h2 id="checks">')[2]
    assert table.index("is read back as it was sent") < table.index("major version")


def test_values_too_long_to_read_are_cut_and_say_so() -> None:
    page = render(record(check("long", expected="x" * 5000)))
    assert "x" * 1501 not in page
    assert "all of it in evidence.json" in page


def test_objectives_are_held_against_what_was_measured() -> None:
    sample = record(
        objectives=Objectives(rto_seconds=100, rpo_seconds=60),
        figures=(Figure(name="rpo", value=120, unit="seconds"),),
    )
    rto, rpo = promises(sample)
    assert (rto.kept, rto.measured) == (None, "")
    assert (rpo.kept, rpo.measured, rpo.promised_width, rpo.measured_width) == (False, "2 min", 50, 100)
    assert "missed" in render(sample)
    assert "This run does not measure it: restore drills do." in render(sample)


def test_the_timeline_lies_within_its_run() -> None:
    bars = timeline(record())
    assert [bar.name for bar in bars] == ["preflight", "take", "verify", "publish"]
    assert all(bar.left >= 0 and bar.width > 0 and bar.left + bar.width <= 100.01 for bar in bars)
    assert [bar.left for bar in bars] == sorted(bar.left for bar in bars)


def test_a_record_that_is_not_in_the_chain_yet_says_so() -> None:
    assert "Not in the chain yet" in render(record())
    chained = record().model_copy(update={"sequence": 7, "previous": "ab" * 32})
    assert "Record 7 of backup / flights" in render(chained)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    colour = colour.lstrip("#")
    full = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = (int(full[n : n + 2], 16) / 255 for n in (0, 2, 4))
    red_, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red_ + 0.7152 * green + 0.0722 * blue


def _palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, flags=re.S)
    found = [dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_has_enough_contrast(theme: str) -> None:
    palette = _palettes()[theme]
    verdicts = ("passed", "failed", "inconclusive")
    pairs = [
        *product(("ink", "quiet", "accent", "neutral", *verdicts), ("ground", "sheet")),
        *((verdict, f"{verdict}-soft") for verdict in verdicts),
        *(("ink", f"{verdict}-soft") for verdict in verdicts),
    ]
    for text, ground in pairs:
        light, dark = sorted((_luminance(palette[text]), _luminance(palette[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground} in {theme}"


def of_many(verdict: Verdict, *parts: Verdict) -> Check:
    return check(
        f"expectations: {verdict}",
        verdict,
        parts=tuple(
            Part(name=f"part {i}", verdict=each, observed="3 <rows>") for i, each in enumerate(parts)
        ),
    )


def test_what_a_check_consists_of_stands_below_it_the_red_first_and_the_rest_folded() -> None:
    passed, failed, unknown = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE
    page = render(
        record(of_many(passed, passed, passed), of_many(failed, passed, unknown, passed, failed))
    ).partition('id="parts"')[2]
    red, _, folded = page.partition("<details")
    assert re.findall(r"expectations: (\w+)", red) == ["failed"]  # the passed check comes after it
    assert re.findall(r"part \d", red) == ["part 3", "part 1"]
    assert re.findall(r"part \d", folded) == ["part 0", "part 2", "part 0", "part 1"]
    assert "2 passed" in folded
    assert "1 failed, 1 inconclusive, 2 passed" in red
    assert "3 &lt;rows&gt;" in red


def test_a_red_page_says_first_what_to_do() -> None:
    linked = render(red()).partition("<main>")[0]
    assert 'What to do: <a href="http://localhost:8080/dags/backup__flights">the runbook</a>' in linked
    told = render(red().model_copy(update={"runbook": "docs/kafka.md says what each cause means."}))
    assert "What to do: docs/kafka.md says what each cause means." in told.partition("<main>")[0]
    assert 'href="docs' not in told
    by_hand = render(red().model_copy(update={"runbook": ""}))
    assert "What to do: docs/operations.md says" in by_hand.partition("<main>")[0]
    assert "What to do" not in render(record())


def test_what_is_for_programs_is_folded_and_objectives_keep_their_names() -> None:
    details = {
        "coverage": {"tables": {"public.flights": {"rows": 3}}},
        "says": "all well",
        "names": ["a", "b"],
    }
    page = render(record(details=details))
    assert page.count("<summary>1 entry</summary>") == 1
    assert "<dt>RPO</dt>" in page


def test_a_check_without_parts_adds_no_section() -> None:
    assert 'id="parts"' not in render(record())


def test_a_passed_check_has_no_red_part() -> None:
    with pytest.raises(ValueError, match="a part of it is inconclusive"):
        of_many(Verdict.PASSED, Verdict.PASSED, Verdict.INCONCLUSIVE)
