"""Every question is valid SQL for every major version that we know, and names only columns that we know."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pglast
import pytest
from dataops.performance.samples import questions
from dataops.performance.samples.questions import Question
from dataops.performance.samples.versions import NEWEST, OLDEST, for_major

NAMES = sorted(
    each.name
    for each in files("dataops.performance.samples").joinpath("sql").iterdir()
    if each.name.endswith(".sql")
)
MAJORS = range(OLDEST, NEWEST + 1)
PARAMETERS = {
    "schema": "public",
    "dbname": "'x'",
    "planning": "true",
    "timed": "true",
    "measured": "5",
    "length": "9",
    "queryids": "'{1}'",
}


def every_question() -> Iterator[Question]:
    yield from (*questions.SERVER, *questions.DATABASE)
    yield from (value for value in vars(questions).values() if isinstance(value, Question))


def test_lines_hold_from_and_up_to_a_major() -> None:
    text = "SELECT\n old -- until 16\n new -- since 17\n both -- since 15, until 16\n -- why\n always"
    assert for_major(text, 14).split() == ["SELECT", "old", "--", "why", "always"]
    assert "both" in for_major(text, 16)
    assert "new" in for_major(text, 17) and "old" not in for_major(text, 17)


def test_a_newer_server_is_asked_as_the_newest_known_one() -> None:
    assert for_major("a -- since 18\nb -- until 18", NEWEST + 3) == "a\nb"


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_parses(name: str, major: int) -> None:
    text = (files("dataops.performance.samples") / "sql" / name).read_text()
    select = for_major(text, major)
    for parameter, value in PARAMETERS.items():
        select = select.replace("{" + parameter + "}", value)
    assert len(pglast.parse_sql(select)) == 1


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("question", list(every_question()), ids=lambda each: each.name)
def test_every_column_has_a_type(question: Question, major: int) -> None:
    select = question.text(major)
    for parameter, value in PARAMETERS.items():
        select = select.replace("{" + parameter + "}", value)
    statement = pglast.parse_sql(select)[0].stmt
    while statement.larg is not None:
        statement = statement.larg
    named = [target.name or target.val.fields[-1].sval for target in statement.targetList]
    assert set(named) <= set(question.types)
    assert len(named) == len(set(named))
