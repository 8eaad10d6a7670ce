"""What a server is set to log, and so what its log cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from dataops.performance.logs.clock import zone_named
from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.entries import Format
from dataops.performance.logs.errors import LogUnreachable, LogUnreadable
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.stderr import StderrLog

_ENGLISH = ("", "C", "POSIX", "en")
_PREFERRED = ("jsonlog", "csvlog", "stderr")
_THRESHOLDS = {
    "log_lock_waits": LogKind.LOCK_WAIT,
    "log_temp_files": LogKind.TEMP_FILE,
    "log_checkpoints": LogKind.CHECKPOINT,
}
_OFF = ("off", "-1", "")
_AUTHORIZING = frozenset({"on", "true", "yes", "1", "all", "authorization"})
"""Since 18 log_connections is a list of what is told of a connection; each of these tells who was let in."""


@dataclass(frozen=True)
class LogSettings:
    """The server's settings of logging, by name, in the units of pg_settings (milliseconds, kB)."""

    values: Mapping[str, str]

    @property
    def written_as(self) -> str:
        """The format that tells most of those that are written: jsonlog, csvlog or stderr.

        Raises ``LogUnreachable`` where only syslog or the event log is written.
        """
        written = {name.strip() for name in self.values.get("log_destination", "").split(",")}
        for name in _PREFERRED:
            if name in written:
                return name
        raise LogUnreachable(
            f"log_destination is '{', '.join(sorted(written))}': add one of {', '.join(_PREFERRED)}."
        )

    @property
    def format(self) -> Format:
        """How to read it. Raises ``LogUnreadable`` where messages are not English, or anybody's."""
        language = self.values.get("lc_messages", "")
        if not (language.partition(".")[0] in _ENGLISH or language.startswith("en")):
            raise LogUnreadable(
                f"lc_messages is '{language}': set it to 'C', for only English messages can be counted."
            )
        name = self.written_as
        if name == "stderr":
            prefix = self.values.get("log_line_prefix", "")
            if "%e" not in prefix and self.values.get("log_error_verbosity") == "terse":
                raise LogUnreadable(
                    "log_error_verbosity is 'terse' and log_line_prefix has no %e: nobody can tell the "
                    "server's messages from those of applications, which may hold anything. Add %e."
                )
            return StderrLog(prefix)
        return JsonLog() if name == "jsonlog" else CsvLog()

    @property
    def zone(self) -> tzinfo:
        """The time zone of the log's times."""
        return zone_named(self.values.get("log_timezone", "UTC"))

    def notes(self) -> tuple[str, ...]:
        """What the log does not tell: ``<kind>: <reason>`` where it tells nothing of a kind."""
        return (*self._unmeasured(), *self._partly())

    def _unmeasured(self) -> Iterator[str]:
        for name, kind in _THRESHOLDS.items():
            if self.values.get(name, "off") in _OFF:
                yield f"{kind}: {name} is off."
        told = self.values.get("log_connections", "off")
        if _AUTHORIZING.isdisjoint(aspect.strip().lower() for aspect in told.split(",")):
            yield f"{LogKind.CONNECTION}: log_connections is {told or 'off'}."
        if self._number("log_autovacuum_min_duration") < 0:
            yield f"{LogKind.VACUUM}: log_autovacuum_min_duration is off."
            yield f"{LogKind.ANALYZE}: log_autovacuum_min_duration is off."
        sampled = (
            self._number("log_min_duration_sample") >= 0 or self._number("log_transaction_sample_rate") > 0
        )
        if (
            self._number("log_min_duration_statement") < 0
            and self.values.get("log_duration") != "on"
            and not sampled
        ):
            yield f"{LogKind.STATEMENT}: log_min_duration_statement is off."
            yield f"{LogKind.PREPARATION}: log_min_duration_statement is off."
        if not any(
            "auto_explain" in self.values.get(f"{kind}_preload_libraries", "")
            for kind in ("shared", "session")
        ):
            yield f"{LogKind.PLAN}: auto_explain is not loaded."
        if self.values.get("log_min_messages") in {"fatal", "panic"}:
            yield f"{LogKind.ERROR}: log_min_messages is {self.values['log_min_messages']}."
            yield f"{LogKind.DEADLOCK}: log_min_messages is {self.values['log_min_messages']}."

    def _partly(self) -> Iterator[str]:
        fastest = self._number("log_min_duration_statement")
        if fastest > 0:
            yield f"Statements faster than {fastest:g} ms are not in the log (log_min_duration_statement)."
        elif fastest < 0 and self._number("log_min_duration_sample") >= 0:
            yield "The log holds a sample of the statements only (log_min_duration_sample)."
        if self._number("log_temp_files") > 0:
            yield f"Temporary files below {self._number('log_temp_files'):g} kB are not in the log."
        shortest = self._number("log_autovacuum_min_duration")
        if shortest > 0:
            yield f"Runs of autovacuum below {shortest:g} ms are not in the log."

    def _number(self, name: str) -> float:
        try:
            return float(self.values.get(name, "-1"))
        except ValueError:
            return -1
