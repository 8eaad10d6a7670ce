"""A server that somebody else restored is looked at, never written to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from dataops import postgres
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.backup.restore import restore
from dataops.drill.restoring import attached
from dataops.errors import ConfigurationError, InconclusiveError

from tests.integration.drill.conftest import latest


def test_it_is_compared_under_its_own_name_and_cannot_be_written_to(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], primary: Any
) -> None:
    one = bench()
    one.backup()
    job, dsn = job_of(one), primary.dsn(f"{one.database.name}_copy")
    restore(one.platform, one.database.name, target=dsn, say=one.said.append)
    header = latest(job).header
    server = attached(job, header, dsn)
    (database,) = server.databases
    assert database.expected is not None
    observed = collect(server.connection, dbname=database.dbname, keys=server.keys)
    assert [*differences(database.expected, observed)] == []
    with (
        closing(postgres.connect(database.connection, autocommit=True)) as session,
        session.cursor() as cursor,
        pytest.raises(postgres.QueryFailed, match="read-only"),
        postgres.explained(),
    ):
        cursor.execute("CREATE TABLE left_behind ()")

    with pytest.raises(ConfigurationError, match=r"leads to .* itself"):
        attached(job, header, primary.dsn(one.database.name))
    with pytest.raises(InconclusiveError, match="backup is of 14"):
        attached(job, header.model_copy(update={"server_version": "14.9"}), dsn)
