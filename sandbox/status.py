"""``status``: what runs, since when, and why the rest does not."""

from __future__ import annotations

from sandbox.home import Home
from sandbox.start import Say
from sandbox.supervision import Supervisor


def status(home: Home, say: Say) -> int:
    """0 where every service runs, else 1; a dead one is named with the end of its log."""
    supervisor = Supervisor(home)
    states = supervisor.states()
    if not states:
        say("The sandbox does not run. Start it: make up")
        return 1
    for name, state in sorted(states.items()):
        say(f"  {name:<18} {'runs' if state.running else 'DEAD'}   {state.description}")
    dead = [name for name, state in sorted(states.items()) if not state.running]
    for name in dead:
        say(f"\n{name} does not run. The end of {home.log(name)}:\n{supervisor.tail(name)}")
    return 1 if dead else 0
