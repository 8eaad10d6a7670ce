"""The one door to Great Expectations: an ephemeral context, our own connections, analytics and bars off."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.errors import InconclusiveError
from dataops.postgres import connect
from dataops.quality.suite import Expectation

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

log = logging.getLogger(__name__)

_ELSEWHERE = "postgresql+psycopg2://dataops@localhost/unused"
"""Great Expectations insists on an address. Connections are made by ``creator`` below: it gets no secret."""
_SQLSTATE_NAME = re.compile(r"psycopg2\.errors\.([A-Za-z]+)")
_ABSENT = {"UndefinedTable", "UndefinedColumn", "UndefinedFunction", "InvalidSchemaName", "UndefinedObject"}


class NotAnswered(InconclusiveError):
    """Great Expectations could not be asked at all."""


@dataclass(frozen=True)
class Answer:
    """Great Expectations' answer about one expectation; ``trouble`` instead where it gave none.

    ``absent``: PostgreSQL said that something which the expectation names does not exist.
    """

    success: bool = False
    result: Mapping[str, Any] | None = None
    trouble: str = ""
    absent: bool = False


@dataclass(frozen=True)
class Engine:
    """An open context upon one database."""

    context: Any
    datasource: Any
    version: str

    def ask(self, table: str, query: str, expectations: Sequence[Expectation]) -> list[Answer]:
        """An answer to each expectation about the rows of the query, in their order.

        Statements are shared, so one that breaks takes others with it: those are asked again, one by one.
        """
        expectations = [_with_batch(expectation, query) for expectation in expectations]
        asset = self.datasource.add_query_asset(table, query=query)
        try:
            batch = asset.add_batch_definition_whole_table("all").get_batch()
            answers = self._validate(batch, expectations)
            broken = [place for place, answer in enumerate(answers) if answer.trouble]
            if len(expectations) > 1:
                for place in broken:
                    answers[place] = self._validate(batch, [expectations[place]])[0]
            return answers
        finally:
            self.datasource.delete_asset(table)

    def _validate(self, batch: Any, expectations: Sequence[Expectation]) -> list[Answer]:
        from great_expectations import ExpectationSuite

        # Equal expectations would be merged, and the answers come in another order: each carries its place.
        objects = [
            domain_object(each, meta={**each.meta, "place": place}) for place, each in enumerate(expectations)
        ]
        try:
            found = batch.validate(
                ExpectationSuite(name="asked", expectations=objects), result_format={"result_format": "BASIC"}
            )
        except Exception as error:  # of whatever kind: it is no answer
            log.info("Great Expectations gave no answer", exc_info=True)
            return [_without_answer(str(error), type(error).__name__)] * len(expectations)
        answers = [Answer(trouble="Great Expectations left it out of its answer")] * len(expectations)
        for each in found.results:
            answers[each.expectation_config.meta["place"]] = _answer(each.to_json_dict())
        return answers


@contextmanager
def engine(connection: Connection, dbname: str, *, timeout: float) -> Generator[Engine]:
    """An engine whose sessions only read, each statement for at most ``timeout`` seconds."""
    sessions: list[Session] = []

    def creator() -> Session:
        session = connect(
            connection, dbname=dbname, application_name="dataops quality", statement_timeout=timeout
        )
        with session.cursor() as cursor:  # dates and times are read alike wherever this runs
            cursor.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET row_security = off")
        session.commit()
        session.set_session(readonly=True)
        sessions.append(session)
        return session

    creator().close()  # what is wrong with the connection is told in our own words
    gx = imported()
    context = gx.get_context(mode="ephemeral", project_config=_configuration())
    datasource = context.data_sources.add_postgres(
        "database", connection_string=_ELSEWHERE, kwargs={"creator": creator}, create_temp_table=False
    )
    try:
        yield Engine(context, datasource, str(gx.__version__))
    finally:
        for session in sessions:
            session.close()


def imported() -> Any:
    """Great Expectations, which sends nothing anywhere. Takes seconds the first time."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import great_expectations
        except ImportError as error:
            raise NotAnswered(
                f"Great Expectations cannot be imported here ({error}): install requirements.txt."
            ) from error
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


def domain_object(expectation: Expectation, *, meta: Mapping[str, Any] | None = None) -> Any:
    """The expectation as Great Expectations' own object; raises what it says of a wrong one."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ExpectationConfiguration(
            type=expectation.type, kwargs=dict(expectation.kwargs), meta=dict(meta or {})
        ).to_domain_obj()


def _configuration() -> Any:
    """Everything in memory: no documents, no bars, no words to anybody."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _with_batch(expectation: Expectation, query: str) -> Expectation:
    """Where its query says ``{batch}``, a name that may have an alias, as a table's may."""
    asked = expectation.kwargs.get("unexpected_rows_query")
    if not isinstance(asked, str):
        return expectation
    plain = asked.replace("{batch}", "batch").strip().rstrip(";")
    begins = re.match(r"WITH\s+(RECURSIVE\s+)?", plain, re.IGNORECASE)
    with_ = f"WITH {begins[1] or ''}" if begins else "WITH "
    rest = f", {plain[begins.end() :]}" if begins else f" {plain}"
    # Great Expectations prints a warning where its own placeholder is nowhere: this one becomes nothing.
    whole = f"{with_}batch AS ({query}){rest} /*{{batch:.0}}*/"
    return expectation.model_copy(update={"kwargs": {**expectation.kwargs, "unexpected_rows_query": whole}})


def _answer(found: Mapping[str, Any]) -> Answer:
    information = found.get("exception_info") or {}
    raised = information if "raised_exception" in information else next(iter(information.values()), {})
    if raised.get("raised_exception"):
        return _without_answer(str(raised.get("exception_traceback")), str(raised.get("exception_message")))
    return Answer(success=bool(found.get("success")), result=found.get("result") or {})


def _without_answer(trace: str, message: str) -> Answer:
    """The trouble in a few words, without the query's text, which may hold values of rows."""
    kinds = _SQLSTATE_NAME.findall(f"{trace}\n{message}")
    said = re.search(r"psycopg2\.errors\.[A-Za-z]+[:)]\s*([^\n]+)", f"{trace}\n{message}")
    first = said[1] if said else next(iter(message.strip().splitlines()), "no reason given")
    return Answer(trouble=first[:300], absent=bool(kinds) and kinds[-1] in _ABSENT)
