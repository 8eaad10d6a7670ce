"""Rules about the target: is it the cluster that may be tested, here, now, by this scenario? Pure."""

from __future__ import annotations

from dataops.evidence.checking import Seen
from dataops.failover.refusals.facts import Facts, Machine, Unknown, known
from dataops.failover.refusals.targets import LONGEST_KEY, SECOND_KEY, Target


def on_the_list(facts: Facts) -> Seen:
    """The system identifier stands on the list of targets, and every node has that identifier."""
    found = {each.name: each.system_identifier for each in facts.seen.nodes if each.system_identifier}
    if not facts.identifier:
        return Seen(False, "no node that is primary told its system identifier", "nobody knows what this is")
    others = [f"{name} has {told}" for name, told in found.items() if told != facts.identifier]
    if others:
        return Seen(False, others, f"the nodes are not one cluster: the primary has {facts.identifier}")
    if facts.identifier not in known(facts.targets):
        why = f"add it to the connection {facts.settings.targets!r} if this cluster may really be tested"
        return Seen(False, facts.identifier, why)
    return Seen(True, facts.identifier)


def in_its_environment(facts: Facts) -> Seen:
    """List, inventory and this platform name the same environment."""
    said = {
        "DATAOPS_ENVIRONMENT": facts.environment,
        f"include/servers/{facts.server.name}.yaml": facts.server.environment,
        facts.settings.targets: _target(facts).environment,
    }
    if len(set(said.values())) == 1:
        return Seen(True, facts.environment)
    told = [f"{where}: {environment}" for where, environment in said.items()]
    return Seen(False, told, "what one calls a test bed, another may call production")


def hosts_on_the_list(facts: Facts) -> Seen:
    """Every address that nodes and their machines are reached by stands on the list."""
    allowed = _target(facts).hosts
    reached = {f"node {name}": connection.host for name, connection in facts.nodes.items()}
    for name, machine in facts.machines.items():
        if isinstance(machine, Machine) and machine.address:
            reached[f"machine of {name}"] = machine.address
    foreign = [f"{what}: {host or 'no host'}" for what, host in reached.items() if host not in allowed]
    if foreign:
        why = f"the connection {facts.settings.targets!r} allows {', '.join(allowed) or 'no host'}"
        return Seen(False, foreign, why)
    return Seen(True, sorted(set(reached.values())))


def machines_are_the_nodes(facts: Facts) -> Seen | None:
    """What a machine's connection names is where the node's server runs, and not another one."""
    if not facts.machines:
        return None
    wrong: list[str] = []
    for name, fact in facts.machines.items():
        machine = known(fact)
        node = facts.seen.node(name)
        if node.data_directory and node.data_directory.rstrip("/") != machine.data.rstrip("/"):
            wrong.append(
                f"{name}: the server is in {node.data_directory}, the connection says {machine.data}"
            )
        elif node.data_directory and not machine.alive:
            wrong.append(
                f"{name}: the server answers, and nothing runs in {machine.data} of {machine.hostname}"
            )
    why = "the fault would hit another server than the one that is looked at" if wrong else ""
    observed = wrong or [f"{name}: {known(each).data}" for name, each in facts.machines.items()]
    return Seen(not wrong, observed, why)


def second_key(facts: Facts) -> Seen | None:
    """Production needs a second key, for this scenario and for a short time."""
    if not facts.production:
        return None
    key = known(facts.key)
    form = f'make the connection {SECOND_KEY!r}, extra {{"scenario": …, "until": …}}, by somebody else'
    if key is None:
        return Seen(False, "no key", form)
    if key.scenario != facts.scenario.name:
        return Seen(False, f"a key for {key.scenario}", form)
    if key.until <= facts.now:
        return Seen(False, f"a key that ended at {key.until:%Y-%m-%d %H:%M} UTC", form)
    if key.until - facts.now > LONGEST_KEY:
        return Seen(
            False,
            f"a key until {key.until:%Y-%m-%d %H:%M} UTC",
            f"a key that stays in the lock is none: at most {LONGEST_KEY.days} days ahead",
        )
    return Seen(True, f"for {key.scenario} until {key.until:%Y-%m-%d %H:%M} UTC")


def no_freeze(facts: Facts) -> Seen:
    """Today lies in no freeze."""
    today = facts.now.date()
    for freeze in facts.settings.freezes:
        if freeze.since <= today <= freeze.until:
            return Seen(False, f"{freeze.since} to {freeze.until}", freeze.reason)
    return Seen(True, f"{today} is in none of {len(facts.settings.freezes)} freezes")


def lever_is_free(facts: Facts) -> Seen:
    """The kill lever is not pulled."""
    pulled = known(facts.lever)
    why = "nothing begins before `dataops failover stop --release`" if pulled else ""
    return Seen(not pulled, pulled or "not pulled", why)


def no_other_round(facts: Facts) -> Seen:
    """No round of this server stands open."""
    other = known(facts.open_round)
    why = "its coordinator or the guard must finish it first" if other else ""
    return Seen(not other, other or "none", why)


def guarded(facts: Facts) -> Seen:
    """A guard is alive that is on no machine under test, reaches every node, and pages somebody."""
    guards = known(facts.guards)
    if not guards:
        return Seen(
            False, "no heartbeat", "start `dataops failover guard`, on a machine that is not under test"
        )
    told = [(each.name, _lacking(facts, each.host, dict(each.reaches), each.pages)) for each in guards]
    for name, lacking in told:
        if not lacking:
            return Seen(True, name)
    return Seen(False, [f"{name}: {lacking}" for name, lacking in told], told[0][1])


def _lacking(facts: Facts, host: str, reaches: dict[str, str], pages: bool) -> str:
    """Why this guard does not do; empty where it does."""
    if not facts.settings.one_machine:
        under_test = {name: known(machine).hostname for name, machine in facts.machines.items()}
        nodes = [name for name, hostname in under_test.items() if hostname == host]
        if nodes:
            return f"it runs on the machine of {', '.join(nodes)}, and would die with what it guards"
    if reaches.get(facts.server.name, "it does not know this server"):
        return f"it could not act: {reaches.get(facts.server.name, 'it does not know this server')}"
    return "" if pages else "it would page nobody: make the connection `dataops_pager`"


def _target(facts: Facts) -> Target:
    found = known(facts.targets).get(facts.identifier)
    return found or known(Unknown(f"The cluster {facts.identifier or '(unknown)'} is not on the list."))
