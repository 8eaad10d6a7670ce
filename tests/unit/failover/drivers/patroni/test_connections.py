"""Connections to Patroni and its machines: what is wrong with one is named before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.drivers.driver import OutcomeUnknown
from dataops.failover.drivers.patroni.api import PatroniApi
from dataops.failover.drivers.patroni.daemon import Daemon
from dataops.failover.drivers.patroni.driver import PatroniDriver

from tests.unit.failover.builders import server

MACHINE = {
    "data": "/var/lib/pg",
    "bin": "/usr/lib/postgresql/15/bin",
    "patroni": "/etc/patroni.yml",
    "start": ["systemctl", "start", "patroni"],
    "stop": ["systemctl", "stop", "patroni"],
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"patroni": ""}, "patroni"), ({"start": []}, "start"), ({"stop": None}, "stop")],
)
def test_a_machine_says_how_patroni_is_found_started_and_stopped(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"alpha_host.*extra\.{word}"):
        Daemon("alpha", Connection("alpha_host", "local", extra={**MACHINE, **changes}))
    assert Daemon("alpha", Connection("alpha_host", "local", extra=MACHINE)).data == "/var/lib/pg"


def test_members_are_addressed_by_name_or_any_of_them_by_host_and_port() -> None:
    members = {"alpha": "http://10.0.0.5:8008/"}
    assert (
        PatroniApi(Connection("api", extra={"members": members}), "s").address("alpha")
        == members["alpha"][:-1]
    )
    assert not PatroniApi(Connection("api", host="10.0.0.5"), "s").address("alpha")
    with pytest.raises(ConfigurationError, match=r"host and port, or extra\.members"):
        PatroniApi(Connection("api"), "s")
    with pytest.raises(ConfigurationError, match=r"extra\.members must give"):
        PatroniApi(Connection("api", extra={"members": ["10.0.0.5"]}), "s")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        PatroniApi(Connection("api", host="10.0.0.5", extra={"verify": "/nowhere.pem"}), "s")


def test_a_cluster_that_nobody_answers_for_is_unknown() -> None:
    api = PatroniApi(Connection("api", host="127.0.0.1", port=1), "shop")
    with pytest.raises(OutcomeUnknown, match="No member of the Patroni cluster shop answers"):
        api.cluster()
    with pytest.raises(OutcomeUnknown, match="did not answer to the switchover"):
        api.switch_over("alpha", "beta")
    assert api.status("alpha") is None


def test_a_server_without_scope_or_api_is_refused() -> None:
    resolve = {"main_alpha": Connection("a"), "main_beta": Connection("b"), "main_route": Connection("r")}
    with pytest.raises(ConfigurationError, match=r"failover\.api"):
        PatroniDriver.of(server(), resolve.__getitem__)
