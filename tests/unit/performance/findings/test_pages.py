"""Every code has its page: what it means, how to confirm, how to fix; and no page is without a code."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.performance.findings import RULES, Rule

PAGES = Path(__file__).parents[4] / "docs" / "findings"
PARTS = ("## What it means", "## How to confirm", "## How to fix", "## When it is fine")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_code_has_its_page(rule: Rule) -> None:
    text = (PAGES / f"{rule.code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.title}\n\n`{rule.code}`")
    assert rule.page == f"docs/findings/{rule.code}.md"
    assert all(part in text for part in PARTS)


def test_no_page_is_left_without_a_code_and_the_index_names_all() -> None:
    codes = {rule.code for rule in RULES}
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == codes
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert all(f"({code}.md)" in index for code in codes)
