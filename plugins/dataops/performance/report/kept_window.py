"""A night's window as it is kept beside its report, for the nights that are compared with it.

Making a window of a day means reading 144 samples; a later night needs only its totals. They are kept without
series, as Parquet in one archive, so that comparing with eight days costs less than reading one.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any

import polars as pl

from dataops.performance.window import Quality, Section, SectionName, Window

FORMAT = 1
NAME = "window.zip"
_HEADER = "window.json"


class OtherFormat(ValueError):
    """The bytes are no window that this version reads."""


def to_bytes(window: Window) -> bytes:
    """The window without its series."""
    out = io.BytesIO()
    # Parquet is compressed by itself.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_HEADER, json.dumps(_header(window)))
        for name, section in window.sections.items():
            if section.totals.width:
                table = io.BytesIO()
                section.totals.write_parquet(table, compression="zstd")
                archive.writestr(f"{name.value}.parquet", table.getvalue())
    return out.getvalue()


def from_bytes(body: bytes) -> Window:
    """The window, whose sections have no series. Raises ``OtherFormat``."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            header: dict[str, Any] = json.loads(archive.read(_HEADER))
            if header["format"] != FORMAT:
                raise OtherFormat(f"Its format is {header['format']}, not {FORMAT}.")
            names = set(archive.namelist())
            sections = {
                SectionName(name): Section(
                    totals=pl.read_parquet(io.BytesIO(archive.read(f"{name}.parquet")))
                    if f"{name}.parquet" in names
                    else pl.DataFrame(),
                    quality=Quality(
                        covered=quality["covered"],
                        notes=tuple(quality["notes"]),
                        missing=quality["missing"],
                    ),
                )
                for name, quality in header["qualities"].items()
            }
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError, pl.exceptions.PolarsError) as error:
        raise OtherFormat(f"It cannot be read: {error}") from error
    return Window(
        server=header["server"],
        database=header["database"],
        dbname=header["dbname"],
        since=datetime.fromisoformat(header["since"]),
        until=datetime.fromisoformat(header["until"]),
        server_version=header["server_version"],
        samples=header["samples"],
        sections=sections,
        restarts=tuple(datetime.fromisoformat(at) for at in header["restarts"]),
        notes=tuple(header["notes"]),
    )


def _header(window: Window) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "server": window.server,
        "database": window.database,
        "dbname": window.dbname,
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "server_version": window.server_version,
        "samples": window.samples,
        "restarts": [at.isoformat() for at in window.restarts],
        "notes": list(window.notes),
        "qualities": {
            name.value: {
                "covered": section.quality.covered,
                "notes": list(section.quality.notes),
                "missing": section.quality.missing,
            }
            for name, section in window.sections.items()
        },
    }
