"""ALTER ROLE ALL, written as SQL that sets the very same values again."""

from __future__ import annotations

from dataops.backup.logical.everyone import statements_of


def test_a_value_is_one_literal_whatever_is_in_it() -> None:
    assert statements_of(["work_mem=8MB", "app.motto=it's a=b, c"]) == (
        "ALTER ROLE ALL SET \"app\".\"motto\" TO 'it''s a=b, c';\nALTER ROLE ALL SET \"work_mem\" TO '8MB';\n"
    )


def test_a_list_of_names_stays_a_list() -> None:
    assert statements_of(['search_path="$user", public, "odd, ""name"""']) == (
        "ALTER ROLE ALL SET \"search_path\" TO '$user', 'public', 'odd, \"name\"';\n"
    )
    assert statements_of(['search_path=""']) == "ALTER ROLE ALL SET \"search_path\" TO '';\n"


def test_nothing_set_is_nothing_written() -> None:
    assert not statements_of([])
