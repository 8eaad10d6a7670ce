"""The table of topic configs is what the pinned broker itself checks by."""

from __future__ import annotations

import html
import re
import subprocess

from dataops.kafka.topic_configs import KNOWN

from sandbox.kafka.broker import jars, java

PRINTS = "org.apache.kafka.storage.internals.log.LogConfig"
"""Its main method prints the definitions as HTML, for Kafka's own documentation."""


def definitions() -> dict[str, dict[str, str]]:
    command = [java(), "-Xmx128m", "-cp", f"{jars()}/*", PRINTS]
    page = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found: dict[str, dict[str, str]] = {}
    for section in re.finditer(r'<h4><a id="([^"]+)".*?<table.*?>(.*?)</table>', page, re.DOTALL):
        rows = re.findall(r"<th>(.*?)</th>\s*<td>(.*?)</td>", section[2], re.DOTALL)
        found[section[1]] = {plain(name).strip(":"): plain(value) for name, value in rows}
    return found


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<.*?>", "", text)).strip()


def bounds(text: str) -> tuple[float | None, float | None, int | None]:
    """From ``[1,...,9] or -1`` to 1, 9 and -1."""
    match = re.fullmatch(r"\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\](?: or (-?\d+))?", text)
    if match is None:
        return None, None, None
    least, most, also = match.groups()
    return float(least), float(most) if most else None, int(also) if also else None


def test_every_config_has_the_type_default_and_bounds_that_the_broker_gives_it() -> None:
    found = definitions()
    assert found.keys() == KNOWN.keys()
    for key, rows in found.items():
        config = KNOWN[key]
        assert config.kind == rows["Type"]
        assert config.default == rows["Default"].split(" (")[0].strip('"')
        assert config.broker_key == rows["Server Default Property"].replace("null", "")
        valid = rows.get("Valid Values", "")
        if config.choices:
            assert sorted(config.choices) == sorted(valid.strip("[]").split(", "))
        else:
            assert (config.least, config.most, config.also) == bounds(valid), key
