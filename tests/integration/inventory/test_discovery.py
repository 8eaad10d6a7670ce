"""A real server is asked for its databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from dataops.errors import DataOpsError
from dataops.inventory import Database, Inventory, Server, Unenrolled, unenrolled
from dataops.platform import Platform

if TYPE_CHECKING:
    from tests.conftest import DatabaseServer

MAIN = Server(name="main", environment="test", connection="main_primary", owner="dba")


def test_a_database_is_missed_until_somebody_enrols_it(primary: DatabaseServer) -> None:
    name = primary.create_database()
    platform = Platform("test", Inventory((MAIN,)), lambda _: primary.connection)
    found = unenrolled(platform)
    assert Unenrolled("main", name) in found
    assert not {each.database for each in found} & {"postgres", "template0", "template1"}
    enrolled = Database(name="mine", server="main", owner="dba", dbname=name)
    platform = Platform("test", Inventory((MAIN,), (enrolled,)), lambda _: primary.connection)
    assert Unenrolled("main", name) not in unenrolled(platform)


@pytest.mark.parametrize("made", ["IS_TEMPLATE true", "ALLOW_CONNECTIONS false"])
def test_a_template_of_users_and_a_closed_database_are_missed_too(primary: DatabaseServer, made: str) -> None:
    name = primary.create_database()
    primary.execute(f"ALTER DATABASE {name} {made}")
    platform = Platform("test", Inventory((MAIN,)), lambda _: primary.connection)
    assert Unenrolled("main", name) in unenrolled(platform)
    primary.execute(f"ALTER DATABASE {name} IS_TEMPLATE false ALLOW_CONNECTIONS true")


def test_a_wrong_password_is_an_error_and_not_an_empty_answer(primary: DatabaseServer) -> None:
    wrong = replace(primary.connection, password="wrong")
    with pytest.raises(DataOpsError) as caught:
        unenrolled(Platform("test", Inventory((MAIN,)), lambda _: wrong))
    assert "wrong" not in str(caught.value)
