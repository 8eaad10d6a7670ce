"""Preflight: every reason not to begin, by name. The same rules are asked again just before the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.job import Job
from dataops.failover.planning.course import Course
from dataops.failover.planning.plan import SHORTEST, Plan
from dataops.failover.planning.planning import plan_of
from dataops.failover.refusals import cluster_rules, target_rules
from dataops.failover.refusals.facts import Facts
from dataops.failover.refusals.looking import look, look_closely
from dataops.failover.topology import Topology

NEAR = "standby is not behind"
"""Of the check by which a lagging standby is refused."""
UNCHANGED = "plan is still the approved one"


Judge = Callable[[Facts], Seen | None]


@dataclass(frozen=True)
class Rule:
    """One refusal, by name. ``again``: asked once more just before the fault."""

    name: str
    expected: str
    judge: Judge
    again: bool = True


OF_TARGET = (
    Rule("cluster is on the list of targets", "its system identifier is there", target_rules.on_the_list),
    Rule("environment is the target's", "one name everywhere", target_rules.in_its_environment),
    Rule("hosts are on the list", "every address is there", target_rules.hosts_on_the_list),
    Rule("machines are the nodes' own", "the same data directory", target_rules.machines_are_the_nodes),
    Rule("second key", "of this scenario, for a short time", target_rules.second_key),
    Rule("no freeze", "today is in none", target_rules.no_freeze),
    Rule("kill lever is free", "not pulled", target_rules.lever_is_free),
    Rule("guard watches", "alive, elsewhere, reaching every node, paging", target_rules.guarded),
    Rule("no other round is open", "none", target_rules.no_other_round, again=False),
    Rule("no backup runs", "nothing", cluster_rules.nothing_else_runs, again=False),
    Rule("canary hurts no subscriber", "none of all tables", cluster_rules.canary_hurts_nobody, again=False),
)
"""Whether this may be broken, here and now. Not asked of a tabletop, which touches nothing."""

OF_CLUSTER = (
    Rule("one primary, all nodes well", "one", cluster_rules.one_primary),
    Rule("major is known", "one of 14 to 18", cluster_rules.version_is_known, again=False),
    Rule("standby streams", "on the primary's timeline", cluster_rules.standby_streams),
    Rule(NEAR, "within failover.lag", cluster_rules.standby_is_near),
    Rule("clients reach the primary", "the route leads there", cluster_rules.clients_reach_primary),
    Rule("old primary can be rewound", "by pg_rewind", cluster_rules.can_rewind),
    Rule("room on the disks", "failover.lag is free", cluster_rules.room_on_disks),
    Rule("driver can break this", "injected and healed", cluster_rules.driver_breaks_it, again=False),
    Rule("backup is proven", "within failover.proven_within", cluster_rules.backup_proven, again=False),
    Rule("unlogged tables", "told beforehand", cluster_rules.unlogged_tables, again=False),
)
"""Whether a round would prove something, and could be mended."""


def preflight(job: Job, seen: Topology) -> tuple[Check, ...]:
    """Every refusal, a check each: a red one means that nothing may be touched. Changes nothing.

    Of a tabletop, which touches nothing, only what says whether the round would work.
    """
    checks = judge(look_closely(job, seen), (*OF_TARGET, *OF_CLUSTER))
    if job.scenario.mode == "region_loss":
        from dataops.failover.region.preflight import refusals

        checks = (*checks, *refusals(job, seen))
    return checks


def once_more(job: Job, plan: Plan, seen: Topology) -> tuple[Check, ...]:
    """What may have changed since, just before the fault; also whether the plan is still the approved one."""
    facts = look(job, seen)
    return (
        *judge(facts, [rule for rule in (*OF_TARGET, *OF_CLUSTER) if rule.again]),
        checked(UNCHANGED, plan.hash[:SHORTEST], lambda: _unchanged(job, plan, seen)),
    )


def judge(facts: Facts, rules: Iterable[Rule]) -> tuple[Check, ...]:
    """The verdict of each rule: inconclusive where what it needs could not be found out. Pure."""
    return tuple(_checked(facts, rule) for rule in rules)


def _checked(facts: Facts, rule: Rule) -> Check:
    if facts.course is Course.TELL and rule in OF_TARGET:
        reason = "a tabletop touches nothing"
        return Check(name=rule.name, verdict=Verdict.NOT_APPLICABLE, expected=rule.expected, reason=reason)
    return checked(rule.name, rule.expected, lambda: rule.judge(facts))


def _unchanged(job: Job, plan: Plan, seen: Topology) -> Seen:
    found = plan_of(job, seen, measured=False)
    same = found.hash == plan.hash
    why = (
        "" if same else f"files or cluster changed since: {', '.join(_differences(plan, found))}; plan again"
    )
    return Seen(same, found.hash[:SHORTEST], why)


def _differences(before: Plan, now: Plan) -> list[str]:
    """The parts of a plan that are not what they were, in words."""
    first, second = (each.model_dump(mode="json", exclude={"loss", "notes"}) for each in (before, now))
    return sorted(name.replace("_", " ") for name in first if first[name] != second[name])
