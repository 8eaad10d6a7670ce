"""How the SQL of a rewrite is written, and read again when it is tried."""

from __future__ import annotations

from dataclasses import dataclass

IN_THE_APPLICATION = "-- In the application, instead of the statement:"
WITH_THIS_INDEX = "-- With this index:"


@dataclass(frozen=True)
class Rewritten:
    """The new form of a statement, on one line, and the CREATE INDEX that it needs; empty for none."""

    text: str
    index: str = ""

    @property
    def sql(self) -> str:
        """As the advice shows it."""
        index = f"\n{WITH_THIS_INDEX}\n{self.index}" if self.index else ""
        return f"{IN_THE_APPLICATION}\n{self.text};{index}"

    @classmethod
    def read(cls, sql: str) -> Rewritten | None:
        """What ``sql`` once wrote; None where it is no rewrite."""
        if not sql.startswith(IN_THE_APPLICATION):
            return None
        statement, _, index = sql.removeprefix(IN_THE_APPLICATION).partition(WITH_THIS_INDEX)
        return cls(statement.strip().removesuffix(";"), index.strip())
