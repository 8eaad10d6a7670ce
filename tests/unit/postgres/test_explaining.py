"""What libpq says at login carries no SQLSTATE: it is recognised by its words."""

from __future__ import annotations

import psycopg2
import pytest
from dataops import postgres
from dataops.errors import DataOpsError

PREFIX = 'connection to server at "10.0.0.5", port 5432 failed: '


@pytest.mark.parametrize(
    ("words", "leaf"),
    [
        ("FATAL:  the database system is starting up", postgres.ServerNotReady),
        ("FATAL:  the database system is not yet accepting connections", postgres.ServerNotReady),
        ("FATAL:  sorry, too many clients already", postgres.TooManyConnections),
        ("FATAL:  remaining connection slots are reserved", postgres.TooManyConnections),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "x"', postgres.LoginRefused),
        ("timeout expired", postgres.ServerUnreachable),
        ("server does not support SSL, but SSL was required", postgres.UntrustedServer),
        ("server closed the connection unexpectedly", postgres.ConnectionLost),
        ("something new", postgres.QueryFailed),
    ],
)
def test_words_at_login_become_a_leaf_and_one_sentence(words: str, leaf: type[DataOpsError]) -> None:
    error = postgres.explain(psycopg2.OperationalError(f"{PREFIX}{words}\n\tmore lines\n"), where="shop")
    assert type(error) is leaf
    assert words.removeprefix("FATAL:  ") in str(error)
    assert str(error).endswith("(shop).")
    assert "\n" not in str(error)
