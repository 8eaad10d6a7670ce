"""A suite's file: every mistake is named with its line and field, and what people wrote stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dataops.errors import ConfigurationError
from dataops.quality import SuiteInvalid, check_suites, read_suite, write_suite
from dataops.quality.suite import TableSuite, table_name


def expectation(**changes: Any) -> dict[str, Any]:
    return {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}, **changes}


def suite(*expectations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    table = {"name": "public.orders", "expectations": list(expectations or (expectation(),))}
    return {"database": "shop", "suites": [table], **changes}


def written(folder: Path, document: object, name: str = "shop.json") -> Path:
    path = folder / "include" / "expectations" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))
    return path


def problems(folder: Path, document: object, **where: Any) -> list[str]:
    written(folder, document, **where)
    return [str(each) for each in check_suites(folder / "include", {"shop"})]


def test_a_right_suite_has_no_problems_and_comes_back_as_it_was(tmp_path: Path) -> None:
    assert problems(tmp_path, suite()) == []
    path = written(tmp_path, suite())
    copy = tmp_path / "copy.json"
    write_suite(read_suite(path), copy)
    assert json.loads(copy.read_text()) == json.loads(path.read_text())


def test_every_mistake_of_form_is_told_at_once_with_line_and_field(tmp_path: Path) -> None:
    document = suite(expectation(kwarg={}), expectation(severity="warning"), {"kwargs": {}})
    found = problems(tmp_path, document)
    place = "include/expectations/shop.json"
    assert found == [
        f"{place}:12: suites.1.expectations.1.kwarg is no field here. "
        "Allowed: type, kwargs, description, id, meta, notes, severity.",
        f"{place}:19: suites.1.expectations.2.severity is no severity here: everything that is red is red. "
        "Allowed: critical.",
        f"{place}:21: suites.1.expectations.3.type is missing: its type, such as "
        "expect_column_values_to_not_be_null.",
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            expectation(type="expect_column_values_to_be_nul"),
            "'expect_column_values_to_be_nul' is no expectation",
        ),
        (expectation(kwargs={}), "kwargs.column is missing"),
        (expectation(kwargs={"column": "id", "most": 1}), "kwargs.most is no argument of this expectation"),
        (expectation(kwargs={"column": "id", "mostly": 3}), "less than or equal to 1.0"),
        (
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "id"}},
            "min_value and max_value cannot both be None",
        ),
        (
            {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT 1"}},
            "does not ask this table: write {batch}",
        ),
        ({"type": "expect_column_quantile_values_to_be_between", "kwargs": {}}, "fails on PostgreSQL"),
    ],
)
def test_what_great_expectations_refuses_is_told_without_a_server(
    tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    found = problems(tmp_path, suite(expectation(), wrong))
    assert len(found) == 1 and told in found[0]
    assert found[0].startswith("include/expectations/shop.json:1")  # lines 12 and on: the second one


def test_a_file_that_would_never_run_is_told(tmp_path: Path) -> None:
    assert "'shop' is no database of the inventory" in str(
        check_suites(written(tmp_path, suite()).parent.parent, {"shopping-mall"})[0]
    )
    assert "name the file shop.json" in problems(tmp_path, suite(), name="store.json")[0]
    assert any("is not read" in each for each in problems(tmp_path, "a: 1", name="shop.yaml"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"database": "shop",', "json:1: The file is not JSON"),
        ('{"database": "a", "database": "b"}', "'database' stands there twice"),
        ('{"database": "shop", "suites": []}', "suites is empty"),
        (json.dumps(suite(suites=[{"name": "orders", "expectations": [expectation()]}])), "is no table"),
        (json.dumps(suite(suites=suite()["suites"] * 2)), "public.orders has a suite already"),
    ],
)
def test_what_is_no_suite_is_told(tmp_path: Path, text: str, told: str) -> None:
    assert any(told in each for each in problems(tmp_path, text))
    with pytest.raises(SuiteInvalid):
        read_suite(written(tmp_path, text))


def test_an_id_belongs_to_one_expectation(tmp_path: Path) -> None:
    one = expectation(id="00000000-0000-0000-0000-000000000001")
    other = {**one, "kwargs": {"column": "name"}}
    assert "is another expectation's id" in problems(tmp_path, suite(one, other))[0]


def test_a_file_of_its_owners_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path, suite())
    before = path.read_bytes()
    changed = read_suite(written(tmp_path, suite(expectation(description="x")), name="other.json"))
    with pytest.raises(ConfigurationError, match="belongs to its owners"):
        write_suite(changed, path)
    assert path.read_bytes() == before
    write_suite(changed, path, force=True)
    assert read_suite(path) == changed


@pytest.mark.parametrize("names", [("public", "orders"), ("Odd; Names", 'a "quoted" table'), ("a.b", "c.d")])
def test_a_table_is_named_as_sql_names_it(names: tuple[str, str]) -> None:
    name = table_name(*names)
    table = TableSuite.model_validate({"name": name, "expectations": [expectation()]})
    assert table.schema_and_table == names


def test_the_suites_of_this_repository_are_right() -> None:
    include = Path(__file__).parents[3] / "include"
    names = {path.stem for path in (include / "databases").glob("*.yaml")}
    assert check_suites(include, names) == ()
