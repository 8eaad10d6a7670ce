"""What Patroni's REST API says, read without a server: answers as Patroni 4.1 gave them."""

from __future__ import annotations

from dataops.failover.drivers.patroni import view

CLUSTER = {
    "scope": "shop",
    "members": [
        {
            "name": "alpha",
            "role": "leader",
            "state": "running",
            "api_url": "http://10.0.0.5:8008/patroni",
            "timeline": 3,
        },
        {
            "name": "beta",
            "role": "sync_standby",
            "state": "streaming",
            "api_url": "http://10.0.0.6:8008/patroni",
            "timeline": 3,
            "lag": "unknown",
            "tags": {"nofailover": True},
        },
    ],
}


def test_the_leader_is_who_holds_the_lock_and_pause_is_told() -> None:
    seen = view.cluster(CLUSTER)
    assert (seen.scope, seen.leader, seen.paused) == ("shop", "alpha", False)
    assert [each.api for each in seen.members] == ["http://10.0.0.5:8008", "http://10.0.0.6:8008"]
    assert seen.members[1].tags == {"nofailover": True}
    assert view.cluster({**CLUSTER, "pause": True}).paused
    assert [seen.is_synchronous(name) for name in ("alpha", "beta", "gamma")] == [False, True, False]


def test_a_cluster_without_a_lock_has_no_leader() -> None:
    members = [{**each, "role": "replica"} for each in CLUSTER["members"]]  # type: ignore[dict-item]
    assert not view.cluster({**CLUSTER, "members": members}).leader
    assert not view.cluster({}).members


def test_a_member_leads_or_follows_only_while_it_runs() -> None:
    primary = {"role": "primary", "state": "running", "timeline": 3}
    assert view.status(primary).leads
    assert view.status({**primary, "role": "master"}).leads
    assert not view.status({**primary, "state": "stopped"}).leads
    replica = {"role": "replica", "state": "running", "replication_state": "streaming"}
    assert view.status(replica).follows
    assert not view.status({**replica, "replication_state": "in archive recovery"}).follows
    assert not view.status({**replica, "state": "starting"}).follows


def test_the_longest_failover_is_the_lock_two_loops_and_a_retry() -> None:
    assert view.configuration({}).longest == 30 + 2 * 10 + 10
    assert view.configuration({"ttl": 20, "loop_wait": 1, "retry_timeout": 3}).longest == 25
    assert view.configuration({"master_start_timeout": 0}).primary_start_timeout == 0
    assert view.configuration({"synchronous_mode": "quorum"}).synchronous
    assert not view.configuration({"synchronous_mode": "off"}).synchronous


def test_a_cluster_that_is_paused_or_deletes_old_data_is_not_ready() -> None:
    seen, settings = view.cluster(CLUSTER), view.configuration({})
    assert not view.unready(seen, settings)
    assert "paused" in view.unready(view.cluster({**CLUSTER, "pause": True}), settings)
    deleting = {"postgresql": {"remove_data_directory_on_diverged_timelines": True}}
    assert "delete" in view.unready(seen, view.configuration(deleting))
