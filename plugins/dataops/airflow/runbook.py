"""The part of a DAG's documentation that belongs to one subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.inventory import Database, format_duration

if TYPE_CHECKING:
    from dataops.failover.scenario import Scenario
    from dataops.inventory import Server, Subject
    from dataops.kafka.desired import Cluster


def about(subject: Subject, server: Server) -> str:
    """Markdown: whose it is, what is promised, when it runs, what is kept."""
    kept = subject.retention
    where = f"database `{subject.dbname}` on `{server.name}`" if isinstance(subject, Database) else "server"
    return _table({
        "Subject": f"`{subject.name}`, {where}",
        "Owner": subject.owner,
        "Method": subject.method,
        "Back in service within (RTO)": format_duration(subject.objectives.rto),
        "Data loss at most (RPO)": format_duration(subject.objectives.rpo),
        "Schedule (UTC)": ", ".join(f"`{cron}`" for cron in subject.schedules),
        "Kept": f"{kept.daily} daily, {kept.weekly} weekly, {kept.monthly} monthly; "
        f"never fewer than {kept.minimum}, nor than {kept.keep_proven} proven",
        "Restore": f"`dataops backup restore {subject.name} --point latest --target …`",
    })


def about_drills(subject: Subject) -> str:
    """Markdown: whose it is, what is promised, when it is drilled, and how."""
    drill = subject.drill
    budget = f", rows within {format_duration(drill.time_budget)}" if drill.mode == "budgeted" else ""
    return _table({
        "Subject": f"{subject.kind} `{subject.name}`",
        "Owner": subject.owner,
        "Back in service within (RTO)": format_duration(subject.objectives.rto),
        "Data loss at most (RPO)": format_duration(subject.objectives.rpo),
        "Schedule (UTC)": f"`{drill.schedule}`",
        "Recovery point": drill.point,
        "Checks": f"{drill.mode}{budget}",
        "Scratch server": drill.scratch,
        "By hand": f"`dataops drill run {subject.name} --point latest`",
    })


def about_reports(database: Database) -> str:
    """Markdown: whose it is, when it is reported on, and where its thresholds stand."""
    report = database.report
    proof = "once a week, on a restored backup" if report.prove == "weekly" else "only by hand"
    return _table({
        "Database": f"`{database.name}`: `{database.dbname}` on `{database.server}`",
        "Owner": database.owner,
        "Advice is tried": proof,
        "Cannot be measured there": ", ".join(report.without) or "nothing that the inventory knows of",
        "Acknowledged": f"{len(report.acknowledged)} findings, in `include/databases/{database.name}.yaml`",
        "By hand": f"`dataops report run {database.name}`",
    })


def about_cluster(cluster: Cluster) -> str:
    """Markdown: which cluster it is, whose, and what a person must approve."""
    folder = f"include/kafka/{cluster.name}/"
    approval = (
        "what is disruptive or destructive" if cluster.guarded else "nothing: the cluster is not guarded"
    )
    return _table({
        "Cluster": f"`{cluster.name}`, id `{cluster.cluster_id}`",
        "Owner": cluster.owner,
        "Files": f"`{folder}cluster.yaml`, `{folder}topics/<team>.yaml`",
        "A person approves": approval,
        "Topics are deleted": "in two steps" if cluster.deletion.enabled else "never",
        "By hand": f"`dataops kafka plan {cluster.name}`",
    })


def about_scenario(scenario: Scenario, server: Server, owner: str) -> str:
    """Markdown: what is broken where, what is promised, who is asked, and how it is stopped."""
    promise = scenario.objectives
    lost = f"within {format_duration(promise.rpo)}" if promise.rpo else "none"
    asked = f"within {format_duration(scenario.approval.within)}" if scenario.approval.required else "nobody"
    return _table({
        "Scenario": f"`include/failover/{scenario.name}.yaml`: {scenario.mode}",
        "What is broken": f"`{scenario.breaks}` on `{scenario.node or 'the primary'}` of `{server.name}`",
        "Whose clients are looked at": f"database `{scenario.database}`",
        "Owner": owner,
        "Back in service within (RTO)": format_duration(promise.rto),
        "Acknowledged writes that may be lost": f"{promise.rpo_rows or lost}",
        "Schedule (UTC)": f"`{scenario.schedule}`" if scenario.schedule else "by hand only",
        "Approval": asked,
        "What would be done": f"`dataops failover plan {scenario.name}`",
        "Stop every test": "`dataops failover stop --reason …`",
    })


def _table(rows: dict[str, str]) -> str:
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["\n\n| this subject | |", "|---|---|", *lines, ""])
