"""A window that is kept beside its report reads back as it was, without its series."""

from dataclasses import replace
from datetime import timedelta

import pytest
from dataops.performance.report.kept_window import OtherFormat, from_bytes, to_bytes
from dataops.performance.window import SectionName
from polars.testing import assert_frame_equal

from tests.unit.performance.report.days import quiet_day, unmeasurable


def test_totals_and_qualities_read_back():
    window = quiet_day(logs=unmeasurable(SectionName.LOGS, "Not reachable."))
    window = replace(window, restarts=(window.since + timedelta(hours=3),), notes=("A note.",))

    found = from_bytes(to_bytes(window))

    assert replace(found, sections={}) == replace(window, sections={})
    for name, section in window.sections.items():
        assert_frame_equal(found.sections[name].totals, section.totals)
        assert found.sections[name].quality == section.quality
        assert found.sections[name].series.is_empty()


@pytest.mark.parametrize("body", [b"", b"no archive", to_bytes(quiet_day())[:-100]])
def test_what_is_damaged_is_not_read(body: bytes):
    with pytest.raises(OtherFormat):
        from_bytes(body)
