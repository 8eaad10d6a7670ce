"""The part of a DAG's documentation that belongs to one subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.inventory import Database, format_duration

if TYPE_CHECKING:
    from dataops.inventory import Server, Subject


def about(subject: Subject, server: Server) -> str:
    """Markdown: whose it is, what is promised, when it runs, what is kept."""
    kept = subject.retention
    where = f"database `{subject.dbname}` on `{server.name}`" if isinstance(subject, Database) else "server"
    rows = {
        "Subject": f"`{subject.name}`, {where}",
        "Owner": subject.owner,
        "Method": subject.method,
        "Back in service within (RTO)": format_duration(subject.objectives.rto),
        "Data loss at most (RPO)": format_duration(subject.objectives.rpo),
        "Schedule (UTC)": ", ".join(f"`{cron}`" for cron in subject.schedules),
        "Kept": f"{kept.daily} daily, {kept.weekly} weekly, {kept.monthly} monthly; "
        f"never fewer than {kept.minimum}, nor than {kept.keep_proven} proven",
        "Restore": f"`dataops backup restore {subject.name} --point latest --target …`",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["\n\n| this subject | |", "|---|---|", *lines, ""])
