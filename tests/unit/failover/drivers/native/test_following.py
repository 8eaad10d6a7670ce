"""Whom a standby follows: what is written down must be read back as it was meant, whatever stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

from dataops.connections import Connection
from dataops.failover.drivers.native.following import quoted, settings_of, upstream_of, with_settings
from dataops.failover.hosts.host import Host, Place
from dataops.failover.hosts.member import Member
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

PLACE = Place("alpha_host", "postgres", "/srv/alpha/data", "/usr/lib/postgresql/15/bin", "10.0.0.1")
words = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f\x85\u2028\u2029", codec="utf-8"))


@dataclass(frozen=True)
class Machine:
    """A host that is asked for nothing but its place."""

    place: Place


def member(name: str, place: Place = PLACE, **connection: Any) -> Member:
    told = {"id": name, "host": "127.0.0.1", "port": 5432, "login": "repl", "password": "word", **connection}
    return Member(name, Connection(**told), cast(Host, Machine(place)))


def setting(text: str, name: str) -> str:
    """The value as PostgreSQL reads it: the last of its name, unquoted (guc-file.l, GUC_scanstr)."""
    found = re.findall(rf"^{name} = '(.*)'$", text, flags=re.MULTILINE)[-1]
    return re.sub(r"''|\\(.)", lambda each: each[1] or "'", found)


def password_of(line: str, *wanted: str) -> str | None:
    """The password as libpq reads it: the first line that fits (fe-connect.c, passwordFromFile)."""
    fields = re.findall(r"((?:\\.|[^:\\\n])*)(?::|\n|$)", line.rstrip("\n"))
    plain = [re.sub(r"\\(.)", r"\1", field) for field in fields]
    matches = all(field == "*" or plain[at] == wanted[at] for at, field in enumerate(fields[:4]))
    return plain[4] if matches else None


@given(words)
def test_a_value_of_a_conninfo_string_is_read_back(value: str) -> None:
    assert parse_dsn(f"user={quoted(value)} port=1") == {"user": value, "port": "1"}


@given(words, words)
def test_settings_are_read_back_and_come_once(value: str, before: str) -> None:
    text = with_settings("", {"primary_conninfo": before, "primary_slot_name": "alpha"})
    again = with_settings(text, {"primary_conninfo": value})
    assert setting(again, "primary_conninfo") == value
    assert setting(again, "primary_slot_name") == "alpha"
    assert again.count("primary_conninfo = ") == 1 + value.count("primary_conninfo = ")


def test_other_settings_and_comments_stay_as_they_are() -> None:
    text = (
        "# Do not edit\nwork_mem = '4MB'\nPRIMARY_CONNINFO='old'\n"
        "primary_conninfo_x = 1\nprimary_conninfo 'old'\n"
    )
    assert with_settings(text, {"primary_conninfo": "new"}).splitlines() == [
        "# Do not edit",
        "work_mem = '4MB'",
        "primary_conninfo_x = 1",
        "primary_conninfo = 'new'",
    ]


@given(words.filter(bool), words.filter(bool))
def test_the_password_is_found_by_whoever_may_log_in_and_by_nobody_else(login: str, password: str) -> None:
    upstream = upstream_of(
        member("beta"), member("alpha", login=login, password=password), application="beta", slot="beta"
    )
    told = parse_dsn(upstream.conninfo)
    assert told["user"] == login
    assert password_of(upstream.secret, told["host"], told["port"], "replication", login) == password
    assert password_of(upstream.secret, told["host"], "1", "replication", login) is None


def test_the_secret_stands_in_its_file_only() -> None:
    upstream = upstream_of(member("beta"), member("alpha", password="0nly-here"), application="b", slot="b")
    assert "0nly-here" in upstream.secret
    assert "0nly-here" not in repr(upstream)
    assert not any("0nly-here" in value for value in settings_of(upstream).values())


def test_a_node_follows_by_the_address_that_nodes_use() -> None:
    upstream = upstream_of(
        member("beta"), member("alpha", extra={"sslmode": "verify-full"}), application="b", slot="s"
    )
    told = parse_dsn(upstream.conninfo)
    assert told == {
        "host": "10.0.0.1",
        "port": "5432",
        "user": "repl",
        "application_name": "b",
        "passfile": "/srv/alpha/.data.alpha.pgpass",
        "sslmode": "verify-full",
    }


def test_without_a_password_there_is_no_file() -> None:
    upstream = upstream_of(member("beta"), member("alpha", password=""), application="b", slot="b")
    assert (upstream.passfile, upstream.secret) == ("", "")
    assert "passfile" not in upstream.conninfo


def test_the_file_lies_beside_the_data_directory_of_the_node_that_follows() -> None:
    place = replace(PLACE, data="/var/lib/beta/15")
    upstream = upstream_of(member("beta", place), member("alpha"), application="b", slot="b")
    assert upstream.passfile == "/var/lib/beta/.15.alpha.pgpass"
