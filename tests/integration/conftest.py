"""Servers and platforms that the tests of several capabilities share."""

import os

import pytest

from tests.integration.bench import bench, owner
from tests.integration.plant import full, site

__all__ = ["bench", "full", "owner", "site"]


@pytest.fixture(scope="session", autouse=True)
def behind_airflow(request: pytest.FixtureRequest) -> None:
    """Where workers share a machine, the one with a whole Airflow goes first: idle, it takes half a core."""
    if hasattr(request.config, "workerinput"):
        os.nice(5)


@pytest.fixture(autouse=True)
def buckets_of_the_site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the site works in its buckets, whichever other servers this worker has started."""
    if "site" in request.fixturenames:
        site = request.getfixturevalue("site")
        monkeypatch.setenv("DATAOPS_BUCKET", site.bucket)
        monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", site.replica_bucket)
