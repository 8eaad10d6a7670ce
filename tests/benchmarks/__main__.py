"""``make bench``: every promise on speed as a ratio, measured side by side; also as JSON in build/bench.json.

Each ``bench_<name>.py`` here has ``measure() -> Iterable[Ratio]``. ``make bench ARGS=logical`` runs one.
Exit code 1 where a promise does not hold.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.benchmarks.ratio import Ratio

HERE = Path(__file__).parent
REPORT = HERE.parents[1] / "build" / "bench.json"


def main(only: list[str]) -> int:
    """Measure, print, write."""
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    measured: list[Ratio] = []
    for name in names:
        if only and name not in only:
            continue
        print(f"{name} …", flush=True)
        for ratio in import_module(f"tests.benchmarks.bench_{name}").measure():
            print(tell(ratio), flush=True)
            measured.append(ratio)
    REPORT.parent.mkdir(exist_ok=True)
    document = {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "ratios": [{**asdict(each), "value": each.value, "holds": each.holds} for each in measured],
    }
    REPORT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    missed = [each.name for each in measured if not each.holds]
    print(f"\n{len(measured) - len(missed)} of {len(measured)} hold. {REPORT.relative_to(HERE.parents[1])}")
    return 1 if missed else 0


def tell(ratio: Ratio) -> str:
    """One line for the ratio, one for its parts."""
    allowance = f" + {ratio.allowance:g} {ratio.unit}" if ratio.allowance else ""
    word = "holds" if ratio.holds else "MISSED"
    line = (
        f"  {ratio.name}: {ratio.value:.2f} ({ratio.ours:.2f} against {ratio.theirs:.2f} {ratio.unit}; "
        f"promised at most {ratio.bar:g}{allowance}): {word}"
    )
    parts = ", ".join(
        f"{name} {value if isinstance(value, str) else format(value, '.2f')}"
        for name, value in ratio.parts.items()
    )
    return f"{line}\n    {parts}" if parts else line


if __name__ == "__main__":
    # Ended from outside as well, every benchmark still ends its servers and removes its files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
