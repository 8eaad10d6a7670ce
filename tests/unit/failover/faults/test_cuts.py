"""Which packets a cut drops."""

from __future__ import annotations

from dataops.connections import Connection
from dataops.failover.faults.cuts import Rules, rules, ruleset, shared_rules, table_of
from dataops.failover.hosts.member import Member
from dataops.failover.hosts.opening import open_host


def member(name: str, address: str, port: int = 5432) -> Member:
    place = {"data": f"/srv/{name}", "bin": "/usr/bin"}
    host = open_host(Connection(f"{name}_host", "local", extra=place))
    return Member(name, Connection(name, "postgres", host=address, port=port), host)


ALPHA, BETA = member("alpha", "10.0.0.1"), member("beta", "10.0.0.2", 6432)


def test_a_node_is_cut_by_the_ports_of_all_nodes() -> None:
    either = ("tcp dport { 5432, 6432 }", "tcp sport { 5432, 6432 }")
    assert rules("node", ALPHA, [BETA]) == Rules(either, either)


def test_replication_is_cut_by_the_peers_addresses_in_both_directions() -> None:
    found = rules("replication", ALPHA, [BETA])
    assert found.arriving == (
        "ip saddr { 10.0.0.2 } tcp dport 5432",
        "ip saddr { 10.0.0.2 } tcp sport { 5432, 6432 }",
    )
    assert found.leaving == (
        "ip daddr { 10.0.0.2 } tcp sport 5432",
        "ip daddr { 10.0.0.2 } tcp dport { 5432, 6432 }",
    )


def test_clients_are_all_but_the_peers_of_either_family() -> None:
    found = rules("clients", ALPHA, [BETA])
    assert found.arriving == ("ip saddr != { 10.0.0.2 } tcp dport 5432", "meta nfproto ipv6 tcp dport 5432")
    assert found.leaving == ("ip daddr != { 10.0.0.2 } tcp sport 5432", "meta nfproto ipv6 tcp sport 5432")


def test_peers_of_both_families_are_spared() -> None:
    sixth = member("gamma", "fd00::3")
    found = rules("clients", ALPHA, [BETA, sixth])
    assert found.arriving == (
        "ip saddr != { 10.0.0.2 } tcp dport 5432",
        "ip6 saddr != { fd00::3 } tcp dport 5432",
    )


def test_on_one_machine_the_sender_is_told_by_its_user_and_the_receiver_by_its_port() -> None:
    replication = shared_rules("replication", [ALPHA, BETA], 101, {"alpha": (40001, 40002)})
    assert replication.leaving == (
        "ip daddr { 10.0.0.1 } tcp dport 5432 meta skuid 101",
        "ip daddr { 10.0.0.2 } tcp dport 6432 meta skuid 101",
    )
    assert replication.arriving == ("ip saddr { 10.0.0.1 } tcp sport 5432 tcp dport { 40001, 40002 }",)
    clients = shared_rules("clients", [ALPHA], 101, {})
    assert clients == Rules((), ("ip daddr { 10.0.0.1 } tcp dport 5432 meta skuid != 101",))
    node = shared_rules("node", [ALPHA], 101, {})
    assert node == Rules(("ip saddr { 10.0.0.1 } tcp sport 5432",), ("ip daddr { 10.0.0.1 } tcp dport 5432",))


def test_a_ruleset_replaces_the_table_in_one_transaction() -> None:
    text = ruleset(table_of(ALPHA), Rules(("tcp dport 1",), ("tcp sport 1",)))
    assert text.startswith(
        "table inet dataops_failover_alpha_5432\ndelete table inet dataops_failover_alpha_5432\n"
        "table inet dataops_failover_alpha_5432 {\n"
    )
    assert "hook input priority -300; policy accept;\n    tcp dport 1 counter drop\n" in text
    assert "hook output priority -300; policy accept;\n    tcp sport 1 counter drop\n" in text
