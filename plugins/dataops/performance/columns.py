"""What each section of a window holds: the columns of its ``totals`` and of its ``series``.

This is the contract between those who measure and those who judge and draw. Four rules hold everywhere:

* Times are seconds, sizes are bytes, ages of transaction ids are transactions, moments are UTC. A block is
  the server's ``block_size``, 8 kB unless it was built otherwise.
* **Null means not measurable**: the server's major version has no such counter, the setting that feeds it is
  off (``track_io_timing``), or the role may not see it. It is never zero in disguise.
* What changes slowly is sampled once an hour, not every time: sizes, estimates, constraints, sequences,
  collations and the labels of indexes. Their readings are then up to an hour old, unless a whole sample was
  taken at the end of the window, as a report does first.
* ``series`` has a row only for an interval in which a counter of the object grew; its readings are those at
  the interval's end. The series of the sections with one row per server or database have every interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from dataops.performance.window import SectionName


class Kind(StrEnum):
    """What a column's number is, and so what may be done with it."""

    KEY = "key"
    """Together they name the object; the same in totals and series, and in another night's window."""
    LABEL = "label"
    """Describes the object, as it was last seen."""
    COUNTER = "counter"
    """Growth over the window (totals) or the interval (series); may be added up."""
    READING = "reading"
    """Value as it was last seen; may not be added up."""
    CHANGE = "change"
    """Last reading less the first one of the window, signed; for a new object, the last reading."""
    PEAK = "peak"
    """Highest reading of the window."""
    DERIVED = "derived"
    """Computed from the others over the window; its meaning says how."""


@dataclass(frozen=True)
class Column:
    """One column: its polars type, kind, unit and meaning.

    ``unit`` is empty for words, flags and moments. ``since`` and ``until`` are the first and last major
    version of PostgreSQL that knows it; outside of them it is null.
    """

    name: str
    type: pl.DataType
    kind: Kind
    unit: str
    meaning: str
    since: int = 14
    until: int | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of one section."""

    totals: tuple[Column, ...]
    series: tuple[Column, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns that together name an object."""
        return tuple(column.name for column in self.totals if column.kind is Kind.KEY)

    def names(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of the columns of ``totals`` of these kinds, in order."""
        return tuple(column.name for column in self.totals if column.kind in kinds)

    @property
    def totals_schema(self) -> pl.Schema:
        """The schema of ``totals``."""
        return pl.Schema({column.name: column.type for column in self.totals})

    @property
    def series_schema(self) -> pl.Schema:
        """The schema of ``series``: without columns where the section has none."""
        return pl.Schema({column.name: column.type for column in self.series})


COUNT = pl.Int64()
"""Counts, bytes, blocks, object ids and transaction ages."""
NUMBER = pl.Float64()
"""Seconds and shares."""
TEXT = pl.String()
FLAG = pl.Boolean()
MOMENT = pl.Datetime("us", "UTC")
TEXTS = pl.List(pl.String())
COUNTS = pl.List(pl.Int64())


def _key(name: str, type_: pl.DataType, meaning: str) -> Column:
    return Column(name, type_, Kind.KEY, "", meaning)


def _label(name: str, meaning: str, type_: pl.DataType = TEXT, *, since: int = 14) -> Column:
    return Column(name, type_, Kind.LABEL, "", meaning, since)


def _counter(
    name: str,
    unit: str,
    meaning: str,
    *,
    since: int = 14,
    until: int | None = None,
) -> Column:
    return Column(name, _number(unit), Kind.COUNTER, unit, meaning, since, until)


def _reading(name: str, unit: str, meaning: str, *, since: int = 14, until: int | None = None) -> Column:
    return Column(name, _number(unit), Kind.READING, unit, meaning, since, until)


def _moment(name: str, meaning: str, *, since: int = 14) -> Column:
    return Column(name, MOMENT, Kind.READING, "", meaning, since)


def _change(name: str, unit: str, meaning: str) -> Column:
    return Column(name, _number(unit), Kind.CHANGE, unit, meaning)


def _peak(name: str, unit: str, meaning: str) -> Column:
    return Column(name, _number(unit), Kind.PEAK, unit, meaning)


def _derived(name: str, type_: pl.DataType, unit: str, meaning: str) -> Column:
    return Column(name, type_, Kind.DERIVED, unit, meaning)


def _number(unit: str) -> pl.DataType:
    return NUMBER if unit in {"seconds", "share"} else COUNT


def _both(totals: tuple[Column, ...], *names: str) -> Columns:
    """A section whose series repeats the keys and the named columns of its totals; no names mean all."""
    numbers = {Kind.COUNTER, Kind.READING}
    chosen = tuple(
        column
        for column in totals
        if column.kind is Kind.KEY or (column.name in names if names else column.kind in numbers)
    )
    return Columns(totals, (*_INTERVAL, *chosen))


_INTERVAL = (
    Column("at", MOMENT, Kind.KEY, "", "End of the interval."),
    Column("seconds", NUMBER, Kind.READING, "seconds", "Length of the interval."),
)

_STATEMENTS = (
    _key("statement", TEXT, "Fingerprint of the normalised text: one for all queryids, users and nights."),
    _key("toplevel", FLAG, "False for statements run inside functions; their time is in the caller's too."),
    _label("text", "Normalised text, without literals and comments; null where the role may not read it."),
    _label("command", "First word of the text in capitals, such as SELECT."),
    _label(
        "queryids", "Its ids in pg_stat_statements; a rebuilt table or other search_path adds one.", COUNTS
    ),
    _label("users", "Roles that ran it.", TEXTS),
    _label("first_seen", "When any sample of this database first saw it.", MOMENT),
    _label("complete", "False where evictions lost a part of it: its counters are lower bounds.", FLAG),
    _counter("calls", "calls", "Executions."),
    _counter("rows", "rows", "Rows returned or affected."),
    _counter("plans", "plans", "Times planned; null unless pg_stat_statements.track_planning is on."),
    _counter("exec_seconds", "seconds", "Time executing."),
    _counter("plan_seconds", "seconds", "Time planning; null unless track_planning is on."),
    _counter("shared_blocks_hit", "blocks", "Blocks found in shared buffers."),
    _counter("shared_blocks_read", "blocks", "Blocks read from outside of shared buffers."),
    _counter("shared_blocks_dirtied", "blocks", "Blocks made dirty."),
    _counter("shared_blocks_written", "blocks", "Blocks that the statement itself had to write out."),
    _counter("local_blocks_read", "blocks", "Blocks of temporary tables read."),
    _counter("local_blocks_written", "blocks", "Blocks of temporary tables written."),
    _counter("temp_blocks_read", "blocks", "Blocks of sorts and hashes read back from disk."),
    _counter("temp_blocks_written", "blocks", "Blocks of sorts and hashes spilled to disk."),
    _counter("read_seconds", "seconds", "Time reading blocks; null unless track_io_timing is on."),
    _counter("write_seconds", "seconds", "Time writing blocks; null unless track_io_timing is on."),
    _counter("wal_records", "records", "WAL records."),
    _counter("wal_full_page_images", "images", "Full page images in the WAL."),
    _counter("wal_bytes", "bytes", "WAL written."),
    _counter("jit_functions", "functions", "Functions compiled by JIT.", since=15),
    _counter("jit_seconds", "seconds", "Time in JIT, from generation to emission.", since=15),
    _counter("parallel_workers_planned", "workers", "Parallel workers planned.", since=18),
    _counter("parallel_workers_launched", "workers", "Parallel workers really launched.", since=18),
    _derived("mean_seconds", NUMBER, "seconds", "Mean time of one execution in the window; null at 0 calls."),
    _derived(
        "stddev_seconds",
        NUMBER,
        "seconds",
        "Standard deviation of the executions in the window; null at fewer than 2 calls.",
    ),
    _reading("lifetime_min_seconds", "seconds", "Fastest execution since the entry was made."),
    _reading("lifetime_max_seconds", "seconds", "Slowest execution since the entry was made."),
)

_TABLES = (
    _key("oid", COUNT, "Object id of the table; a renamed table keeps it, a recreated one does not."),
    _label("schema", "Schema."),
    _label("name", "Name, without schema."),
    _label("kind", "`table`, `materialized view`, or `partition`."),
    _label("parent", "Object id of the partitioned table or parent that it belongs to.", COUNT),
    _label("options", "Storage parameters, such as fillfactor=90 or autovacuum_enabled=false.", TEXTS),
    _label("unlogged", "Whether it is unlogged.", FLAG),
    _label("created", "Whether it came into being inside the window.", FLAG),
    _label("dropped", "Whether it was gone at the window's end; readings are then the last ones seen.", FLAG),
    _label("rewritten", "Whether its file was replaced inside the window, as by VACUUM FULL.", FLAG),
    _label("renamed_from", "schema.name at the window's start where that was another one."),
    _counter("seq_scans", "scans", "Sequential scans."),
    _counter("seq_rows_read", "rows", "Live rows read by sequential scans."),
    _counter("index_scans", "scans", "Index scans."),
    _counter("index_rows_fetched", "rows", "Live rows fetched by index scans."),
    _counter("rows_inserted", "rows", "Rows inserted."),
    _counter("rows_updated", "rows", "Rows updated, HOT ones included."),
    _counter("rows_deleted", "rows", "Rows deleted."),
    _counter("rows_hot_updated", "rows", "Rows updated without touching an index (HOT)."),
    _counter("rows_newpage_updated", "rows", "Rows whose new version went to another page.", since=16),
    _counter("vacuums", "runs", "Manual vacuums."),
    _counter("autovacuums", "runs", "Vacuums by autovacuum."),
    _counter("analyzes", "runs", "Manual analyzes."),
    _counter("autoanalyzes", "runs", "Analyzes by autovacuum."),
    _counter("heap_blocks_read", "blocks", "Heap blocks read from outside of shared buffers."),
    _counter("heap_blocks_hit", "blocks", "Heap blocks found in shared buffers."),
    _counter("index_blocks_read", "blocks", "Blocks of its indexes read from outside of shared buffers."),
    _counter("index_blocks_hit", "blocks", "Blocks of its indexes found in shared buffers."),
    _counter("toast_blocks_read", "blocks", "TOAST blocks, its index's too, read from outside."),
    _counter("toast_blocks_hit", "blocks", "TOAST blocks, its index's too, found in shared buffers."),
    _counter("autovacuum_seconds", "seconds", "Time spent by autovacuum.", since=18),
    _reading("live_rows", "rows", "Live rows, as the statistics estimate them."),
    _reading("dead_rows", "rows", "Dead rows, as the statistics estimate them."),
    _change("live_rows_change", "rows", "Change of live_rows over the window."),
    _reading("rows_changed_since_analyze", "rows", "Rows changed since the last analyze."),
    _reading("rows_inserted_since_vacuum", "rows", "Rows inserted since the last vacuum."),
    _moment("last_vacuum", "Last manual vacuum."),
    _moment("last_autovacuum", "Last vacuum by autovacuum."),
    _moment("last_analyze", "Last manual analyze."),
    _moment("last_autoanalyze", "Last analyze by autovacuum."),
    _moment("last_seq_scan", "Last sequential scan.", since=16),
    _moment("last_index_scan", "Last index scan.", since=16),
    _reading("planner_rows", "rows", "Rows the planner believes in (reltuples); null where never analyzed."),
    _reading("planner_pages", "blocks", "Blocks the planner believes in (relpages)."),
    _reading("all_visible_pages", "blocks", "Blocks that the visibility map says are all visible."),
    _reading("xid_age", "transactions", "Age of its oldest transaction id, its TOAST table's included."),
    _reading("multixact_age", "multixacts", "Age of its oldest multixact id, its TOAST table's included."),
    _reading("heap_bytes", "bytes", "Size of the heap."),
    _reading("toast_bytes", "bytes", "Size of its TOAST table and its index; 0 without one."),
    _reading("index_bytes", "bytes", "Size of all its indexes."),
    _reading("total_bytes", "bytes", "Size of everything together, maps included."),
    _change("total_bytes_change", "bytes", "Change of total_bytes over the window."),
    _reading(
        "estimated_heap_bytes",
        "bytes",
        "Size that the heap would have if packed now, by planner statistics; null for tables under 1 MB, "
        "never analyzed, or whose statistics the role may not read. heap_bytes less this is bloat.",
    ),
)

_INDEXES = (
    _key("oid", COUNT, "Object id of the index."),
    _label("schema", "Schema."),
    _label("name", "Name, without schema."),
    _label("table", "Object id of its table.", COUNT),
    _label("table_name", "Name of its table, without schema."),
    _label("method", "Access method, such as btree."),
    _label("columns", "Key columns in order; an expression stands as its text.", TEXTS),
    _label("included", "Columns of INCLUDE.", TEXTS),
    _label("opclasses", "Operator class of every key column, with its schema and parameters.", TEXTS),
    _label("collations", "Collation of every key column with its schema; empty where it has none.", TEXTS),
    _label("orderings", "`asc` or `desc`, then `nulls first` or `nulls last`, of every key column.", TEXTS),
    _label("predicate", "Condition of a partial index; null for a whole one."),
    _label("expression", "Whether a key column is an expression.", FLAG),
    _label("unique", "Whether it is unique.", FLAG),
    _label("nulls_not_distinct", "Whether nulls count as equal in a unique index.", FLAG, since=15),
    _label("constraint", "Name of the constraint that it serves; null for none."),
    _label("constraint_kind", "`primary key`, `unique`, `exclusion`; null for none."),
    _label("referenced", "Whether a foreign key of another table relies on it.", FLAG),
    _label("replica_identity", "Whether logical replication knows rows by it.", FLAG),
    _label("clustered", "Whether the table was last clustered on it.", FLAG),
    _label("valid", "False for what a failed CREATE INDEX CONCURRENTLY left behind.", FLAG),
    _label("parent", "Object id of the partitioned index that it is a piece of.", COUNT),
    _label("definition", "CREATE INDEX statement; null of constraints' indexes beyond the largest 5,000."),
    _label("created", "Whether it came into being inside the window.", FLAG),
    _label("dropped", "Whether it was gone at the window's end.", FLAG),
    _counter("scans", "scans", "Scans started."),
    _counter("rows_read", "rows", "Index entries returned."),
    _counter("rows_fetched", "rows", "Live rows fetched by plain index scans."),
    _counter("blocks_read", "blocks", "Blocks read from outside of shared buffers."),
    _counter("blocks_hit", "blocks", "Blocks found in shared buffers."),
    _counter("standby_scans", "scans", "Scans on the standby of the inventory; null where none is sampled."),
    _reading("lifetime_scans", "scans", "Scans since the statistics began, at statistics_since."),
    _moment(
        "statistics_since", "Since when its counters count at the latest; null where the server does not say."
    ),
    _moment("last_scan", "Last scan.", since=16),
    _reading("bytes", "bytes", "Size."),
    _change("bytes_change", "bytes", "Change of its size over the window."),
    _reading("entries", "rows", "Entries as the planner believes (reltuples); null where never analyzed."),
    _reading(
        "estimated_bytes",
        "bytes",
        "Size that a btree would have if built now, by planner statistics; null for other methods, for "
        "expressions, under 1 MB, never analyzed, or whose statistics the role may not read.",
    ),
)

_CONSTRAINTS = (
    _key("oid", COUNT, "Object id of the constraint."),
    _label("schema", "Schema of its table."),
    _label("table", "Object id of its table.", COUNT),
    _label("table_name", "Name of its table, without schema."),
    _label("name", "Name."),
    _label("kind", "`primary key`, `unique`, `foreign key`, `check`, `exclusion`."),
    _label("columns", "Its columns, in order.", TEXTS),
    _label("referenced_table", "Object id of the table that a foreign key names.", COUNT),
    _label("referenced_schema", "Schema of the table that a foreign key names."),
    _label("referenced_name", "Name of the table that a foreign key names."),
    _label("referenced_columns", "Columns that a foreign key names, in order.", TEXTS),
    _label("on_delete", "`no action`, `restrict`, `cascade`, `set null`, `set default`; null for no key."),
    _label("on_update", "The same, for updates of the referenced key."),
    _label("validated", "False for NOT VALID.", FLAG),
    _label("enforced", "False for NOT ENFORCED.", FLAG, since=18),
    _label(
        "indexed",
        "Of a foreign key: whether a valid index on the whole table begins with its columns in any order; "
        "null for other constraints.",
        FLAG,
    ),
    _label("definition", "As pg_get_constraintdef writes it; null of a check while its table is locked."),
)

_SEQUENCES = (
    _key("oid", COUNT, "Object id of the sequence."),
    _label("schema", "Schema."),
    _label("name", "Name, without schema."),
    _label("type", "`smallint`, `integer` or `bigint`."),
    _label("cycles", "Whether it begins again at its end.", FLAG),
    _label("table", "Object id of the table whose column it feeds; null for none.", COUNT),
    _label("table_schema", "Schema of that table."),
    _label("table_name", "Name of that table."),
    _label("column", "Column that it feeds."),
    _label("column_type", "Type of that column."),
    _reading("increment", "values", "Step; negative for a descending one."),
    _reading(
        "last_value", "values", "Last value given out; null where there is none, or no right to read it."
    ),
    _change("last_value_change", "values", "Change of last_value over the window."),
    _reading("limit", "values", "End that comes first: the sequence's own, or that of its column's type."),
    _derived("used", NUMBER, "share", "Share of the way from start to limit that is used up, 0 to 1."),
    _label("readable", "Whether the role may read its value.", FLAG),
)

_DATABASE = (
    _key("dbname", TEXT, "Name of the database in PostgreSQL."),
    _counter("commits", "transactions", "Transactions committed."),
    _counter("rollbacks", "transactions", "Transactions rolled back."),
    _counter("blocks_read", "blocks", "Blocks read from outside of shared buffers."),
    _counter("blocks_hit", "blocks", "Blocks found in shared buffers."),
    _counter("read_seconds", "seconds", "Time reading blocks; null unless track_io_timing is on."),
    _counter("write_seconds", "seconds", "Time writing blocks; null unless track_io_timing is on."),
    _counter("rows_returned", "rows", "Rows read by sequential scans and index entries returned."),
    _counter("rows_fetched", "rows", "Rows fetched by index scans."),
    _counter("rows_inserted", "rows", "Rows inserted."),
    _counter("rows_updated", "rows", "Rows updated."),
    _counter("rows_deleted", "rows", "Rows deleted."),
    _counter("conflicts", "statements", "Statements cancelled by recovery on a standby."),
    _counter("temp_files", "files", "Temporary files made by statements."),
    _counter("temp_bytes", "bytes", "Bytes written to temporary files."),
    _counter("deadlocks", "deadlocks", "Deadlocks broken."),
    _counter("checksum_failures", "blocks", "Blocks whose checksum was wrong; null without data checksums."),
    _counter("session_seconds", "seconds", "Time that sessions were open."),
    _counter("active_seconds", "seconds", "Time that sessions ran statements: the database's own time."),
    _counter("idle_in_transaction_seconds", "seconds", "Time that sessions idled inside a transaction."),
    _counter("sessions", "sessions", "Sessions begun."),
    _counter("sessions_abandoned", "sessions", "Sessions whose client vanished."),
    _counter("sessions_fatal", "sessions", "Sessions ended by an error."),
    _counter("sessions_killed", "sessions", "Sessions ended by an operator."),
    _counter("sampling_seconds", "seconds", "Time that sampling this database and its server took."),
    _counter("statement_evictions", "times", "Times pg_stat_statements threw out its least used entries."),
    _reading("statement_entries", "entries", "Entries that pg_stat_statements holds, of all databases."),
    _reading("connections", "connections", "Connections to this database."),
    _peak("connections_peak", "connections", "Most connections to this database at a sample."),
    _reading("connection_limit", "connections", "Its own limit of connections; -1 for none."),
    _reading("server_connections", "connections", "Client connections of the whole server."),
    _peak("server_connections_peak", "connections", "Most client connections of the server at a sample."),
    _reading("xid_age", "transactions", "Age of its oldest transaction id (datfrozenxid)."),
    _reading("multixact_age", "multixacts", "Age of its oldest multixact id (datminmxid)."),
    _moment("statistics_since", "When its counters began (stats_reset); null where never reset."),
)

_CHECKPOINTS = (
    _counter("timed", "checkpoints", "Checkpoints begun because checkpoint_timeout had passed."),
    _counter("requested", "checkpoints", "Checkpoints begun for other reasons: max_wal_size, CHECKPOINT."),
    _counter("write_seconds", "seconds", "Time writing files during checkpoints, spread on purpose."),
    _counter("sync_seconds", "seconds", "Time syncing files during checkpoints."),
    _counter("buffers_checkpoint", "blocks", "Blocks written by checkpoints."),
    _counter("buffers_clean", "blocks", "Blocks written by the background writer."),
    _counter("maxwritten_clean", "times", "Times that bgwriter_lru_maxpages stopped the background writer."),
    _counter(
        "buffers_backend",
        "blocks",
        "Blocks that client sessions and others had to write themselves; from 17 on, of client backends, by "
        "pg_stat_io.",
    ),
    _counter("buffers_backend_fsync", "times", "Times that those had to sync themselves.", since=14),
    _counter("buffers_allocated", "blocks", "Shared buffers allocated."),
)

_WAL = (
    _counter("records", "records", "WAL records."),
    _counter("full_page_images", "images", "Full page images."),
    _counter("bytes", "bytes", "WAL generated."),
    _counter("buffers_full", "times", "Times that WAL was written because wal_buffers was full."),
    _counter("writes", "times", "Writes of WAL; from 18 on, by pg_stat_io."),
    _counter("syncs", "times", "Syncs of WAL; from 18 on, by pg_stat_io."),
    _counter("write_seconds", "seconds", "Time writing WAL; null unless track_wal_io_timing is on."),
    _counter("sync_seconds", "seconds", "Time syncing WAL; null unless track_wal_io_timing is on."),
    _reading("directory_bytes", "bytes", "Size of the files in pg_wal."),
)

_ARCHIVER = (
    _label("enabled", "Whether archive_mode is on; with it off there is nothing to judge.", FLAG),
    _label("last_archived_wal", "Last file archived."),
    _label("last_failed_wal", "Last file that could not be archived."),
    _counter("archived", "files", "Files archived."),
    _counter("failed", "attempts", "Attempts that failed."),
    _moment("last_archived_at", "When the last file was archived."),
    _moment("last_failed_at", "When archiving last failed."),
    _reading("waiting_files", "files", "Files that wait to be archived (.ready)."),
)

_REPLICATION = (
    _key("standby", TEXT, "application_name of the standby."),
    _key("address", TEXT, "Its address; empty on a local socket."),
    _label("slot", "Slot that it uses; null for none."),
    _label("state", "`streaming`, `catchup`, `startup`, `backup`, `stopping`."),
    _label("sync_state", "`async`, `potential`, `sync` or `quorum`."),
    _label("present", "Whether it was connected at the last sample.", FLAG),
    _reading("sent_lag_bytes", "bytes", "WAL written and not yet sent."),
    _reading("replay_lag_bytes", "bytes", "WAL written and not yet replayed there."),
    _reading("write_lag_seconds", "seconds", "Time until it wrote recent WAL; null when idle."),
    _reading("flush_lag_seconds", "seconds", "Time until it flushed recent WAL; null when idle."),
    _reading("replay_lag_seconds", "seconds", "Time until it replayed recent WAL; null when idle."),
    _reading("xmin_age", "transactions", "Age of the oldest row version that it makes us keep."),
    _peak("replay_lag_bytes_peak", "bytes", "Highest replay_lag_bytes."),
    _peak("replay_lag_seconds_peak", "seconds", "Highest replay_lag_seconds."),
    _derived("seen", NUMBER, "share", "Share of the samples at which it was connected, 0 to 1."),
)

_SLOTS = (
    _key("name", TEXT, "Name of the slot."),
    _label("kind", "`physical` or `logical`."),
    _label("plugin", "Output plugin of a logical one."),
    _label("dbname", "Database of a logical one."),
    _label("active", "Whether somebody uses it.", FLAG),
    _label("temporary", "Whether it ends with its session.", FLAG),
    _label("wal_status", "`reserved`, `extended`, `unreserved` or `lost`."),
    _label("invalidation_reason", "Why it is lost.", since=17),
    _label("present", "Whether it was there at the last sample.", FLAG),
    _reading("retained_bytes", "bytes", "WAL kept for it."),
    _change("retained_bytes_change", "bytes", "Change of retained_bytes over the window."),
    _reading("safe_bytes", "bytes", "WAL that may still be written before it is lost; null for no bound."),
    _reading("xmin_age", "transactions", "Age of the oldest row version that it keeps."),
    _reading("catalog_xmin_age", "transactions", "Age of the oldest catalog row version that it keeps."),
    _moment("inactive_since", "Since when nobody uses it.", since=17),
    _counter("spilled_bytes", "bytes", "Changes spilled to disk while decoding."),
    _counter("decoded_bytes", "bytes", "Changes decoded."),
)

_SLRU = (
    _key("name", TEXT, "Name of the cache, as the server calls it."),
    _counter("hits", "blocks", "Blocks found."),
    _counter("reads", "blocks", "Blocks read from disk."),
    _counter("writes", "blocks", "Blocks written."),
    _counter("flushes", "times", "Flushes."),
    _counter("truncates", "times", "Truncations."),
)

_SESSIONS = (
    _key("pid", COUNT, "Process id; 0 for a prepared transaction."),
    _key("transaction_started", MOMENT, "When its transaction began (or was prepared)."),
    _label("kind", "`client backend`, another backend type, or `prepared transaction`."),
    _label("prepared", "Global identifier of a prepared transaction."),
    _label("dbname", "Database that it is connected to; null for none."),
    _label("user", "Role."),
    _label("application", "application_name."),
    _label("address", "Address of the client; empty on a local socket."),
    _label("state", "State at the last sample that saw it, such as `idle in transaction`."),
    _label("wait", "What it waited for then, such as `Lock: relation`; null for nothing."),
    _label("statement", "Fingerprint of the normalised text."),
    _label("text", "Normalised text of its current or last statement."),
    _label("first_seen", "First sample that saw it.", MOMENT),
    _label("last_seen", "Last sample that saw it.", MOMENT),
    _peak("transaction_seconds", "seconds", "Longest age of the transaction that a sample saw."),
    _peak("state_seconds", "seconds", "Longest time in one state that a sample saw."),
    _peak("idle_in_transaction_seconds", "seconds", "Longest time idle in this transaction; 0 for none."),
    _peak("xmin_age", "transactions", "Highest age of the row versions that it keeps from vacuum."),
    _derived("samples", COUNT, "samples", "Samples that saw it."),
)
"""Transactions of the database and of none that were open for a second, of the 200 oldest of each sample."""

_SESSION_SERIES = (
    *_INTERVAL,
    _key("dbname", TEXT, "Database; empty for none."),
    _key("state", TEXT, "`active`, `idle`, `idle in transaction`, `idle in transaction (aborted)`, …"),
    _key("wait_type", TEXT, "Kind of wait of active ones, such as `Lock` or `IO`; empty for none."),
    _reading("sessions", "sessions", "Client sessions of this kind at that moment."),
    _reading("oldest_transaction_seconds", "seconds", "Age of their oldest transaction; null without one."),
)

_BLOCKING = (
    _key("blocked_pid", COUNT, "Process that waits."),
    _key("blocking_pid", COUNT, "Process that it waits for directly; 0 for a prepared transaction."),
    _key("waiting_since", MOMENT, "When its wait for the lock began."),
    _label("root_pid", "Process at the root of the tree, that itself waits for nobody.", COUNT),
    _label("depth", "Steps from the root: 1 waits for the root itself.", COUNT),
    _label("dbname", "Database of the one that waits."),
    _label("lock", "What it waits for, such as `relation` or `transactionid`."),
    _label("mode", "Mode wanted, such as `AccessExclusiveLock`."),
    _label("relation", "schema.name of the table; null where it is none or of another database."),
    _label("blocked_user", "Role of the one that waits."),
    _label("blocked_application", "Its application_name."),
    _label("blocked_statement", "Fingerprint of its statement."),
    _label("blocked_text", "Normalised text of its statement."),
    _label("blocking_user", "Role of the one in the way."),
    _label("blocking_application", "Its application_name."),
    _label("blocking_state", "Its state, such as `idle in transaction`, or `prepared transaction`."),
    _label("blocking_statement", "Fingerprint of its current or last statement."),
    _label("blocking_text", "Normalised text of its current or last statement."),
    _label("blocking_prepared", "Global identifier of the prepared transaction in the way."),
    _label("first_seen", "First sample that saw it.", MOMENT),
    _label("last_seen", "Last sample that saw it.", MOMENT),
    _peak("waited_seconds", "seconds", "Longest wait that a sample saw."),
    _peak("blocking_transaction_seconds", "seconds", "Age of the transaction in the way."),
    _derived("samples", COUNT, "samples", "Samples that saw it."),
)
"""Who waited for whom: an edge of the tree a row."""

_BLOCKING_SERIES = (
    *_INTERVAL,
    _reading("blocked", "sessions", "Sessions that waited for a lock at that moment."),
    _reading("roots", "sessions", "Sessions that they all waited for in the end."),
    _reading("waited_seconds", "seconds", "Longest wait at that moment."),
)

_SETTINGS = (
    _key("name", TEXT, "Name of the setting."),
    _key(
        "scope",
        TEXT,
        "Empty for the server; `all roles`, `database`, `role x`, `role x in database` for overrides.",
    ),
    _label("value", "Value; commands, connection strings and texts of extensions only as `(set)` or empty."),
    _label("unit", "Unit of the value, such as 8kB; null for none."),
    _label("type", "`bool`, `integer`, `real`, `enum` or `string`; null for overrides."),
    _label("default", "Value that PostgreSQL ships."),
    _label("source", "Where the value comes from, such as `configuration file`."),
    _label("pending_restart", "Whether the file holds a value that waits for a restart.", FLAG),
    _label("previous", "Value at the window's start where it changed inside; null otherwise."),
    _label("changed_at", "Sample that first saw the value, where it changed inside the window.", MOMENT),
)

_COLLATIONS = (
    _key("name", TEXT, "schema.name; `default` for the database's own (its version is known from 15 on)."),
    _label("provider", "`libc`, `icu` or `builtin`."),
    _label("recorded_version", "Version with which its indexes were built; null where it has none."),
    _label("actual_version", "Version that the operating system offers now."),
    _label("mismatch", "Whether both are known and differ.", FLAG),
    _label("indexes", "Indexes that are ordered by it.", COUNT),
)

_SIZES = (
    _key("kind", TEXT, "`database`, `tablespace`, `wal` or `disk`."),
    _key("name", TEXT, "Name of the database or tablespace; `data` for the disk of the data directory."),
    _reading("bytes", "bytes", "Size; of a disk, what is used."),
    _reading("free_bytes", "bytes", "Of a disk: what is free for the server; null for the others."),
    _change("bytes_change", "bytes", "Change of bytes over the window."),
)
"""A disk has a row only where sampling runs on the server's own host: PostgreSQL does not tell its disk."""

COLUMNS: Mapping[SectionName, Columns] = {
    SectionName.STATEMENTS: _both(
        _STATEMENTS,
        "calls",
        "rows",
        "exec_seconds",
        "plan_seconds",
        "shared_blocks_hit",
        "shared_blocks_read",
        "temp_blocks_written",
        "wal_bytes",
        "jit_seconds",
    ),
    SectionName.TABLES: _both(
        _TABLES,
        "seq_scans",
        "seq_rows_read",
        "index_scans",
        "rows_inserted",
        "rows_updated",
        "rows_deleted",
        "rows_hot_updated",
        "heap_blocks_read",
        "heap_blocks_hit",
        "autovacuums",
        "live_rows",
        "dead_rows",
    ),
    SectionName.INDEXES: _both(_INDEXES, "scans", "rows_read", "blocks_read", "blocks_hit"),
    SectionName.CONSTRAINTS: Columns(_CONSTRAINTS),
    SectionName.SEQUENCES: Columns(_SEQUENCES),
    SectionName.DATABASE: _both(_DATABASE),
    SectionName.CHECKPOINTS: _both(_CHECKPOINTS),
    SectionName.WAL: _both(_WAL),
    SectionName.ARCHIVER: _both(_ARCHIVER),
    SectionName.REPLICATION: _both(_REPLICATION),
    SectionName.SLOTS: _both(_SLOTS),
    SectionName.SLRU: _both(_SLRU),
    SectionName.SESSIONS: Columns(_SESSIONS, _SESSION_SERIES),
    SectionName.BLOCKING: Columns(_BLOCKING, _BLOCKING_SERIES),
    SectionName.SETTINGS: Columns(_SETTINGS),
    SectionName.COLLATIONS: Columns(_COLLATIONS),
    SectionName.SIZES: _both(_SIZES),
}
"""Every section but ``logs``, whose columns are in ``dataops.performance.logs.columns``."""
