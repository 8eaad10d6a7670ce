"""``dataops failover guard``, ``stop`` and ``rejoin``: how a test ends when nobody leads it any more."""

from __future__ import annotations

import argparse
import threading
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record
from dataops.cli.verbs import Verbs, add_verb
from dataops.errors import InconclusiveError

if TYPE_CHECKING:
    from dataops.failover.guard.service import Guard
    from dataops.failover.guard.watch import Acted
    from dataops.failover.journaling import Entry


def add(group: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module to the group ``failover``."""
    guard = add_verb(group, "guard", common, "heal or fence what a dead test leaves behind: a service")
    what = guard.add_mutually_exclusive_group()
    what.add_argument("--once", action="store_true", help="look once at every server, act, and end")
    what.add_argument(
        "--finish",
        metavar="SERVER",
        help="close the open round of a server by hand: the guard leaves it alone",
    )
    what.add_argument(
        "--page", action="store_true", help="send a page of no consequence, and say who took it"
    )
    guard.add_argument("--reason", default="", metavar="TEXT", help="why, with --finish: it goes on record")
    guard.set_defaults(run=run_guard)
    rejoin = add_verb(group, "rejoin", common, "bring a node back as a standby of the primary, with proof")
    rejoin.add_argument("server", metavar="SERVER", help="a server of the inventory")
    rejoin.add_argument("node", metavar="NODE", help="its name, as in the server's file")
    rejoin.add_argument(
        "--rebuild", action="store_true", help="from a base backup, also where it could be rewound"
    )
    rejoin.set_defaults(run=run_rejoin)
    stop = add_verb(
        group, "stop", common, "pull the kill lever: no test begins, all under way end themselves"
    )
    stop.add_argument("--release", action="store_true", help="let tests begin again")
    stop.add_argument("--reason", default="", metavar="TEXT", help="why: everybody will see it")
    stop.set_defaults(run=run_stop)


def run_guard(arguments: argparse.Namespace) -> int:
    """Runs until it is ended. ``--once``: 0 where nothing was to do, else the code of what was done."""
    from dataops.failover.guard.service import Guard

    if arguments.finish:
        return _finish(arguments)
    if arguments.page:
        return _page(arguments)
    guard = Guard(platform_of(arguments), say=say)
    if not arguments.once:
        guard.run(threading.Event())
        return 0
    guard.insist_on_servers()
    done = guard.tick()
    _insist_on_seeing(guard)
    worst = max((each.record.verdict.exit_code for each in done), default=0)
    answer(
        {
            "verdict": done[0].record.verdict.value if done else "passed",
            "evidence": next((each.published.key for each in done if each.published), None),
            "servers": list(guard.servers),
            "acted": [_acted(each) for each in done],
        },
        "\n".join([*map(_acted_text, done), *map(_open_text, guard.open if not done else ())])
        or f"No test is open on {', '.join(guard.servers) or 'any server'}.",
        as_json=arguments.json,
    )
    return worst


def run_stop(arguments: argparse.Namespace) -> int:
    """0; the lever was pulled, or released."""
    from dataops.failover import lever
    from dataops.failover.job import this_process

    platform = platform_of(arguments)
    act = lever.release if arguments.release else lever.pull
    done = act(platform.store, who=this_process(), why=arguments.reason)
    effect = (
        "Tests may begin again." if arguments.release else "No test begins; those under way end themselves."
    )
    answer(
        {"verdict": "passed", "evidence": None, "lever": done.__dict__},
        f"The kill lever of {platform.environment} was {done}. {effect}",
        as_json=arguments.json,
    )
    return 0


def run_rejoin(arguments: argparse.Namespace) -> int:
    """The exit code of the verdict; evidence is written whatever it is."""
    from dataops.failover.bringing_back import Wish, bring_back
    from dataops.failover.job import this_process

    wish = Wish(arguments.server, arguments.node, this_process(), arguments.rebuild)
    record, published = bring_back(platform_of(arguments), wish, say=say)
    return answer_record(record, published, as_json=arguments.json)


def _finish(arguments: argparse.Namespace) -> int:
    from dataops.failover.guard.finishing import finish
    from dataops.failover.job import this_process

    record, published = finish(
        platform_of(arguments), arguments.finish, who=this_process(), why=arguments.reason
    )
    return answer_record(record, published, as_json=arguments.json)


def _page(arguments: argparse.Namespace) -> int:
    """0 where every channel took it."""
    from dataops.failover.guard import telling
    from dataops.failover.guard.paging import Pager
    from dataops.failover.job import this_process

    platform = platform_of(arguments)
    sent = Pager(platform.resolve, lambda _: None).deliver(
        telling.trial(platform.environment, this_process())
    )
    told = {"verdict": sent.verdict.value, "evidence": None, "taken": sent.observed, "reason": sent.reason}
    answer(told, sent.reason or f"Taken by {sent.observed}.", as_json=arguments.json)
    return sent.verdict.exit_code


def _insist_on_seeing(guard: Guard) -> None:
    """A look that saw nothing is no look, nor is one past a server on which a test stands open."""
    for server, why in guard.troubles.items():
        raise InconclusiveError(f"Nobody knows whether a test is open on {server}: {why}")
    for entry in guard.strangers():
        raise InconclusiveError(
            f"A test of {entry.round.scenario!r} stands open on {entry.round.server!r}, and no valid file of "
            "this server has `failover:`: correct the file, then look again."
        )


def _acted(acted: Acted) -> dict[str, Any]:
    return {
        "server": acted.server,
        "course": str(acted.course),
        "settled": acted.settled,
        "verdict": acted.record.verdict.value,
        "reason": acted.record.reason,
        "evidence": acted.published.key if acted.published else None,
    }


def _acted_text(acted: Acted) -> str:
    state = "in order" if acted.settled else "NOT in order"
    where = f"\nevidence  {acted.published.key}" if acted.published else ""
    return f"{acted.server}: {acted.course}; the cluster is {state}. {acted.record.reason}{where}"


def _open_text(entry: Entry) -> str:
    told = entry.round
    return f"{told.server}: {told.scenario} is under way as {told.phase}, led by {told.holder}."
