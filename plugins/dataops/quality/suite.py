"""A suite: what is expected of a database's rows, table by table, in Great Expectations' own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

_NAME = re.compile(r'("(?:[^"]|"")+"|[^".\s]+)\.("(?:[^"]|"")+"|[^".\s]+)')


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expectation(_Part):
    """One expectation, as Great Expectations writes it. Everything that is red is red: no severities.

    ``meta`` may hold ``examples: true``: then the evidence shows a few of the values that were not expected.
    Otherwise it shows none, since they are the production's rows.
    """

    type: str = Field(min_length=1, description="Its type, such as expect_column_values_to_not_be_null.")
    kwargs: Mapping[str, JsonValue] = Field(default_factory=dict, description="Its arguments.")
    description: str | None = Field(None, description="What it means, in the owner's words.")
    id: UUID | None = Field(None, description="What tells it from others, however it is changed.")
    meta: Mapping[str, JsonValue] = Field(default_factory=dict, description="Anything else.")
    notes: str | list[str] | None = Field(None, description="Why it is there, for its owners.")
    severity: Literal["critical"] = "critical"

    @property
    def shows_examples(self) -> bool:
        """Whether values of rows may stand in the evidence."""
        return self.meta.get("examples") is True


class TableSuite(_Part):
    """The expectations of one table, named ``schema.table`` as SQL writes it, quoted where it must be."""

    name: str = Field(description="The table, as schema.table, quoted as in SQL.")
    expectations: tuple[Expectation, ...] = Field(min_length=1, description="What is expected of its rows.")
    id: UUID | None = Field(None, description="What tells this suite from others.")
    meta: Mapping[str, JsonValue] = Field(default_factory=dict, description="Anything else.")
    notes: str | list[str] | None = Field(None, description="For its owners.")

    @field_validator("name")
    @classmethod
    def _is_a_table(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("is no table: write schema.table, each in double quotes where SQL needs them")
        return name

    @property
    def schema_and_table(self) -> tuple[str, str]:
        """Both names, without quotes."""
        found = _NAME.fullmatch(self.name)
        assert found is not None
        return _unquoted(found[1]), _unquoted(found[2])


class Suite(_Part):
    """All that is expected of one database: the content of ``include/expectations/<database>.json``."""

    database: str = Field(min_length=1, description="The database, by its name in the inventory.")
    suites: tuple[TableSuite, ...] = Field(min_length=1, description="One suite of each table.")

    @property
    def size(self) -> int:
        """The number of expectations."""
        return sum(len(table.expectations) for table in self.suites)


def table_name(schema: str, table: str) -> str:
    """``schema.table`` as SQL writes it."""
    return f"{_quoted(schema)}.{_quoted(table)}"


def _quoted(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
