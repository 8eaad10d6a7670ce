"""What follows from a role's rights and a server's room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dataops.backup.logical.standing import ClocksDiffer, NoRoom, RightsMissing, Standing

WELL = Standing(
    role="backup",
    in_recovery=False,
    bypasses_rls=True,
    reads_passwords=True,
    tables_with_rls=2,
    relations=100,
    locks_taken=10,
    locks_possible=6400,
    connections_free=20,
    clock=1000.0,
    database_bytes=1,
    encoding="UTF8",
)


def test_a_healthy_standing_passes_everything() -> None:
    assert "reads everything" in WELL.require_rights()
    assert WELL.require_locks() == "100 relations, room for 6390"
    assert WELL.require_connections(7) == "7 wanted, 20 free"
    assert WELL.require_clock(1001.0) == "1.0 s apart"


def test_what_the_role_may_not_read_is_named() -> None:
    names = [f"app.t{number}" for number in range(9)]
    with pytest.raises(
        RightsMissing, match=r"may not read app\.t0, .*app\.t4 and 4 more: .*pg_read_all_data"
    ):
        replace(WELL, unreadable=names).require_rights()


def test_row_level_security_needs_bypassrls_only_where_a_table_has_it() -> None:
    with pytest.raises(RightsMissing, match="ALTER ROLE backup BYPASSRLS"):
        replace(WELL, bypasses_rls=False).require_rights()
    assert replace(WELL, bypasses_rls=False, tables_with_rls=0).require_rights()


def test_a_lock_table_without_room_is_told_before_the_dump() -> None:
    with pytest.raises(NoRoom, match="max_locks_per_transaction"):
        replace(WELL, relations=6391).require_locks()
    assert replace(WELL, relations=6390).require_locks()


def test_too_few_connections_are_told_before_the_dump() -> None:
    with pytest.raises(NoRoom, match="max_connections"):
        WELL.require_connections(21)


@pytest.mark.parametrize("ours", [939.0, 1061.0])
def test_clocks_that_disagree_either_way_are_red(ours: float) -> None:
    with pytest.raises(ClocksDiffer, match="61 s apart"):
        WELL.require_clock(ours)
