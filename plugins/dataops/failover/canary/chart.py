"""The canary's chart: writes a second, the moments of the round, and the time without service shaded.

Nothing is told by colour alone: acknowledged writes stand above the axis, all others hang below it, and in
the lanes of the sessions each outcome has a shape of its own. Behind the chart is a table of the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from dataops.evidence.picture import Picture
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.sketch import CHARACTER, Sketch
from dataops.failover.canary.view import Leg, Moment, Step, View, around, moments, spoken, whole
from dataops.failover.canary.write import Outcome, Write

_WIDTH, _LEFT, _RIGHT = 960.0, 84.0, 944.0
_ROW, _ABOVE, _BELOW, _LANE = 17.0, 130.0, 34.0, 16.0
_MOST_LANES = 8
_MOST_ROWS = 40
_SHAPES = {
    Outcome.ACKNOWLEDGED: ("v9", 0.0, "chart-good"),
    Outcome.FAILED: ("m-3 -3h6l-3 6z", 4.5, "chart-failed"),
    Outcome.UNKNOWN: ("m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", 4.5, "chart-unknown"),
}


def of_outage(ledger: Ledger, leg: Leg, *, names: Mapping[str, str] | None = None) -> Picture:
    """One leg's time without service, every write of it, and what the coordinator did meanwhile.

    ``names`` gives nodes by the address at which they answered, ``host:port``.
    """
    view = around(leg, ledger.writes)
    return _picture(
        f"What clients saw: {leg.name}",
        ledger,
        view,
        [Moment(f"{each.says} {spoken(each.at - view.origin)}", each.at) for each in moments(leg)],
        [leg],
        names or {},
        lanes=True,
    )


def of_round(ledger: Ledger, legs: Sequence[Leg], *, names: Mapping[str, str] | None = None) -> Picture:
    """The whole run: each leg's fault and its time without service."""
    begun = [Moment(leg.name, leg.marks.fault) for leg in legs if leg.marks.fault is not None]
    view = whole(legs, ledger.writes)
    return _picture("Writes through the route", ledger, view, begun, legs, names or {}, lanes=False)


def _picture(
    title: str,
    ledger: Ledger,
    view: View,
    shown: Sequence[Moment],
    legs: Sequence[Leg],
    names: Mapping[str, str],
    *,
    lanes: bool,
) -> Picture:
    steps = view.steps(ledger.writes)
    drawing = _Drawing(title, view, shown, _worst_first(ledger, legs) if lanes else [])
    for leg in legs:
        drawing.shade(leg)
    drawing.bars(steps)
    drawing.moments()
    drawing.lanes(ledger)
    drawing.servers(ledger.acknowledged, names)
    drawing.axis(legs)
    return Picture(
        title=title,
        svg=drawing.sketch.to_svg(),
        heading=("Seconds", "Acknowledged", "Failed", "Unanswered", "What happened"),
        rows=tuple(_rows(view, steps, shown)),
    )


class _Drawing:
    """One chart, from top to bottom: labels of the moments, bars, lanes, servers, axis."""

    def __init__(self, title: str, view: View, shown: Sequence[Moment], lanes: Sequence[int]) -> None:
        self._view = view
        self._sessions = lanes
        self._labels = _without_overlap([(moment, self._x(moment.at)) for moment in shown])
        rows = 1 + max((row for _, _, row in self._labels), default=-1)
        self._top = 8 + rows * _ROW
        self._zero = self._top + _ABOVE
        self._lanes = self._zero + _BELOW
        self._servers = self._lanes + len(lanes) * _LANE
        self._bottom = self._servers + _LANE
        self.sketch = Sketch(_WIDTH, self._bottom + 58, f"{title}. The table below says the same.")

    def shade(self, leg: Leg) -> None:
        """The time without service, from the top of the bars to the servers."""
        if leg.timing is None:
            return
        restored = self._view.end if leg.timing.restored is None else leg.timing.restored
        left, right = self._x(leg.timing.last), self._x(restored)
        self.sketch.rect(left, self._top, right - left, self._servers - self._top, "chart-outage")

    def bars(self, steps: Sequence[Step]) -> None:
        """Writes a second: acknowledged ones up, failed and unanswered ones down, each to its own scale."""
        length = self._view.step
        ceiling = _round_up(max((step.acknowledged for step in steps), default=0) / length)
        for part in (1.0, 0.5):
            y = self._zero - part * _ABOVE
            self.sketch.line(_LEFT, y, _RIGHT, y, "chart-grid")
            self.sketch.text(_LEFT - 8, y + 4, f"{ceiling * part:g}/s", anchor="end")
        most = max((step.failed + step.unknown for step in steps), default=0) or 1
        for step in steps:
            left = max(self._x(step.begin), _LEFT)
            width = max(0.0, min(self._x(step.begin + length), _RIGHT) - left - 0.6)
            if step.acknowledged:
                height = step.acknowledged / length / ceiling * _ABOVE
                self.sketch.rect(left, self._zero - height, width, height, "chart-bar")
            below = self._zero
            for count, look in ((step.unknown, "chart-unknown"), (step.failed, "chart-failed")):
                if count:
                    height = count / most * (_BELOW - 8)
                    self.sketch.rect(left, below, width, height, look)
                    below += height
        self.sketch.line(_LEFT, self._zero, _RIGHT, self._zero, "chart-axis")
        self.sketch.text(_LEFT - 8, self._zero + 16, "not taken", anchor="end")

    def moments(self) -> None:
        """A dashed line at each moment, from its label down."""
        for moment, left, row in self._labels:
            x, y = self._x(moment.at), 8 + row * _ROW
            self.sketch.line(x, y + 2, x, self._servers, "chart-mark")
            self.sketch.text(left, y + 12, moment.says)

    def lanes(self, ledger: Ledger) -> None:
        """Every write of the sessions, where it was answered."""
        for at, session in enumerate(self._sessions):
            y = self._lanes + at * _LANE + 3
            self.sketch.text(_LEFT - 8, y + 9, f"session {session}", anchor="end")
            for outcome, (shape, down, look) in _SHAPES.items():
                places = [
                    self._x(write.answered)
                    for write in ledger.sessions[session]
                    if write.outcome is outcome and self._view.begin <= write.answered <= self._view.end
                ]
                self.sketch.strokes(places, shape, y + down, look)

    def servers(self, acknowledged: Sequence[Write], names: Mapping[str, str]) -> None:
        """Which server answered, as stretches of the time."""
        y = self._servers + 4
        self.sketch.text(_LEFT - 8, y + 9, "answered by", anchor="end")
        within = [write for write in acknowledged if self._view.begin <= write.answered <= self._view.end]
        for server, answers in groupby(within, key=lambda write: write.server):
            answered = list(answers)
            left, right = self._x(answered[0].answered), self._x(answered[-1].answered)
            self.sketch.line(left, y, max(right, left + 2), y, "chart-good")
            self.sketch.text(left, y + 13, names.get(server, server))

    def axis(self, legs: Sequence[Leg]) -> None:
        """Ticks in seconds, and what the shapes mean."""
        y = self._bottom + 10
        self.sketch.line(_LEFT, y, _RIGHT, y, "chart-axis")
        spacing = _spacing(self._view.end - self._view.begin)
        first = math.ceil((self._view.begin - self._view.origin) / spacing)
        last = math.floor((self._view.end - self._view.origin) / spacing)
        for at in range(first, last + 1):
            x = self._x(self._view.origin + at * spacing)
            self.sketch.line(x, y, x, y + 4, "chart-axis")
            self.sketch.text(x, y + 17, f"{at * spacing:g} s", anchor="middle")
        left = _LEFT
        shaded = [leg for leg in legs if leg.timing is not None]
        for look, words in (
            ("chart-bar", "acknowledged"),
            ("chart-failed", "failed"),
            ("chart-unknown", "unanswered"),
            ("chart-outage", "without service, worst session"),
        ):
            if look != "chart-outage" or shaded:
                self.sketch.rect(left, y + 29, 12, 9, look)
                self.sketch.text(left + 18, y + 38, words)
                left += 18 + CHARACTER * len(words) + 22

    def _x(self, at: float) -> float:
        share = (at - self._view.begin) / (self._view.end - self._view.begin)
        return _LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT)


def _without_overlap(places: Sequence[tuple[Moment, float]]) -> list[tuple[Moment, float, int]]:
    """Each moment, in the order of time, with the left end of its label and the label's row.

    A moment's line begins at its label: below every earlier label that reaches as far, it crosses none.
    """
    found: list[tuple[Moment, float, int]] = []
    ends: list[float] = []
    for moment, x in places:
        width = CHARACTER * len(moment.says)
        left = x + 4 if x + 4 + width <= _RIGHT else x - 4 - width
        reaching = [row for (_, _, row), end in zip(found, ends, strict=True) if end + 6 > min(x, left)]
        found.append((moment, left, max(reaching, default=-1) + 1))
        ends.append(left + width)
    return found


def _worst_first(ledger: Ledger, legs: Sequence[Leg]) -> list[int]:
    """The sessions that are drawn: all, or as many as there is room for, the worst among them."""
    worst = {leg.timing.session for leg in legs if leg.timing is not None}
    ranked = sorted(ledger.sessions, key=lambda session: (session not in worst, session))
    return sorted(ranked[:_MOST_LANES])


def _rows(view: View, steps: Sequence[Step], shown: Sequence[Moment]) -> list[tuple[str, ...]]:
    """The table: the steps, several as one where they are many; none where nothing happened at its edges."""
    together = max(1, math.ceil(len(steps) / _MOST_ROWS))
    rows: list[tuple[str, ...]] = []
    for first in range(0, len(steps), together):
        part = steps[first : first + together]
        end = math.inf if part[-1] is steps[-1] else part[-1].begin + view.step
        happened = [each.says for each in shown if part[0].begin <= each.at < end]
        rows.append((
            f"{part[0].begin - view.origin:+.3f}",
            str(sum(step.acknowledged for step in part)),
            str(sum(step.failed for step in part)),
            str(sum(step.unknown for step in part)),
            ", ".join(happened),
        ))
    return rows


def _spacing(length: float) -> float:
    """Seconds between two ticks: a round number, at most ten ticks."""
    magnitude = 10.0 ** math.floor(math.log10(length / 10))
    return next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= length / 10)


def _round_up(value: float) -> float:
    """The next number that halves well."""
    if value <= 0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(value))
    return next(step * magnitude for step in (1, 2, 4, 5, 6, 8, 10) if step * magnitude >= value * 0.999)
