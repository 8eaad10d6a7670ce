"""Pieces of work side by side: one that breaks is answered for and keeps none of the others waiting."""

from __future__ import annotations

from dataops.connections import Connection
from dataops.drill.checks.looking import Clock, Sessions
from dataops.drill.checks.work import Crew, Piece


def test_a_piece_that_breaks_is_given_up_and_the_others_are_done() -> None:
    done: list[str] = []

    def broken(_: Sessions) -> None:
        raise IndexError("nothing there")

    crew = Crew(Connection("nowhere"), jobs=1)
    crew.add([
        Piece(broken, lambda why: done.append(why), Clock(60), weight=2),
        Piece(lambda _: done.append("the next"), done.append, Clock(60), weight=1),
    ])
    crew.finish()
    assert done == ["it broke: IndexError", "the next"]
