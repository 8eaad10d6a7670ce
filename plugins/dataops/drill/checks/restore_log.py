"""What the restoring program and the scratch server said: any complaint not known as harmless is red."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from dataops.drill.checks.finding import Finding, inconclusive, not_applicable, of_faults, told
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check

HARMLESS: Mapping[str, str] = {
    r"^FATAL:  the database system is (starting up|not (yet )?accepting connections|in recovery)": (
        "somebody asked whether it is open yet: that was this drill, waiting"
    ),
    r"^WARNING:  archive_mode enabled on restore command": "archiving is off on a scratch server, on purpose",
    r'^WARNING:  "?wal_level"? is insufficient to publish logical changes': (
        "a scratch server publishes nothing, so that its WAL need not say more"
    ),
    r"^WARNING:  (tables were not subscribed|subscription was created, but is not connected)": (
        "a restored subscription must not connect, on purpose"
    ),
    r"^WARN: .*archive-mode": "archiving is off on a scratch server, on purpose",
    r"^WARN: unknown user in backup manifest mapped to": (
        "the files belong to the scratch server's own user, whatever production's is called"
    ),
    r"^WARN: unknown group in backup manifest mapped to": (
        "the files belong to the scratch server's own group, whatever production's is called"
    ),
    r"^WARN: --delta or --force specified but unable to find .PG_VERSION.": (
        "the target is empty, so there is nothing to compare with"
    ),
}
"""Pattern of a complaint, and why it is harmless. Whatever matches none of them makes the drill red."""

_LEVEL = re.compile(
    r"(?:^|\s|:)(?:pg_restore: )?(error|warning|fatal|detail|hint|ERROR|WARNING|WARN|FATAL|PANIC)(: {1,2}.*)$"
)
_GRAVE = re.compile(
    r"was terminated by signal|all server processes terminated|invalid page in block|"
    r"page verification failed|could not (read|open|write|fsync|access|stat|locate|find|load|create)|"
    r"corrupt|missing chunk|invalid (checkpoint|record|magic|resource manager|contrecord)|PANIC|"
    r"unexpected pageaddr|incorrect (resource|prev|data)|out of memory|No space left"
)
_STATEMENT = re.compile(
    r"\b(STATEMENT|CONTEXT|QUERY|LOCATION|DETAIL|HINT):  |\bLOG:  (statement|duration|execute|AUDIT)\b"
)
"""Lines that repeat what somebody asked, which may hold any words."""
_HARMLESS_LOG: Mapping[str, str] = {
    r"could not (open|find) file .*\.history|unable to find .* in the archive": (
        "recovery asks for a later timeline or segment, and there is none"
    ),
    r"invalid record length at|(invalid magic number 0000|unexpected pageaddr .*) in (log|WAL) segment": (
        "recovery found the end of the WAL"
    ),
}
"""Among the log's ordinary lines, what sounds grave and is not."""
_OUTSIDE = re.compile(r"ERROR: +could not connect to server \"")
"""postgres_fdw, when a materialized view over a foreign table is filled: a scratch server reaches nobody."""
_FOLLOWS = re.compile(
    r"ERROR: +materialized view .* has not been populated|^WARNING: errors ignored on restore: \d+$"
)
"""What pg_restore says further on, because of such an error."""


def complaints(lines: Iterable[str], *, log: bool = False) -> Iterator[str]:
    """Warnings and errors that are not known as harmless; of a server's ``log`` grave ordinary lines too."""
    for line in lines:
        if line.startswith("\t") or _STATEMENT.search(line):
            continue  # goes on about the line before
        found = _LEVEL.search(line)
        said = f"{found[1].upper()}{found[2]}" if found else line.strip()
        if found and found[1].lower() in {"detail", "hint"}:
            continue
        if found and not _is_harmless(said, HARMLESS):
            yield said
        elif not found and log and _GRAVE.search(line) and not _is_harmless(line, _HARMLESS_LOG):
            yield line.strip()


def _is_harmless(said: str, known: Mapping[str, str]) -> bool:
    return any(re.search(pattern, said) for pattern in known)


@check("restore log", scope="server", expected="no complaint but harmless ones", when="first")
def restore_log(look: Look) -> Finding:
    """pg_restore or pgBackRest, and the scratch server until it was open, complained of nothing."""
    restoring, serving = list(look.server.restore_log), list(look.server.server_log())
    if not restoring and not serving:
        if not look.server.ours:
            return not_applicable("somebody else restored this server, and its log is not here")
        return inconclusive("could not look: neither the restoring program nor the server left a log")
    faults = [*complaints(restoring), *complaints(serving, log=True)]
    outside = [fault for fault in faults if _OUTSIDE.search(fault)]
    if outside and all(_OUTSIDE.search(fault) or _FOLLOWS.search(fault) for fault in faults):
        reason = f"a scratch server reaches no other server, on purpose: {told(outside)}"
        return inconclusive(reason, [*outside])
    return of_faults(faults, f"{len(restoring)} + {len(serving)} lines, no complaint")


@check("server log", scope="server", expected="no crash, no damaged page", when="last")
def server_log(look: Look) -> Finding:
    """While it was checked, the scratch server neither crashed nor met a damaged page."""
    lines = list(look.server.server_log())
    if not lines:
        if not look.server.ours:
            return not_applicable("somebody else restored this server, and its log is not here")
        return inconclusive("could not look: the server left no log")
    grave = [
        line.strip()
        for line in lines
        if _GRAVE.search(line)
        and not line.startswith("\t")
        and not _STATEMENT.search(line)
        and not _is_harmless(line, _HARMLESS_LOG)
        and "permission denied" not in line
    ]
    return of_faults(grave, f"{len(lines)} lines, neither a crash nor a damaged page")
