# What PgHero's pages would show of one database, as JSON on stdout.
#
# The database is $PGHERO_DATABASE_URL, thresholds are PgHero's own environment variables. PgHero is the gem,
# or the checkout that $PGHERO_HOME names. Exit code 3 where either PgHero or what it needs cannot be loaded.
# With --probe it says only that it could be, and which version.
#
# `overview` holds what its first page warns of; `pages` what its other pages list, without a judgement.

require "json"

begin
  require "active_record"
  require "pg"
  require "pg_query"
  $LOAD_PATH.unshift(File.join(ENV["PGHERO_HOME"], "lib")) if ENV["PGHERO_HOME"]
  require "pghero"
rescue LoadError => e
  warn e.message
  exit 3
end

if ARGV.include?("--probe")
  puts JSON.generate(version: PgHero::VERSION, pg_query: PgQuery::VERSION)
  exit
end

# A stats database that has no tables of PgHero's: what pg_stat_statements counts now is all there is.
ActiveRecord::Base.establish_connection(ENV.fetch("PGHERO_DATABASE_URL"))
database = PgHero.primary_database
replica = database.replica?

# As the controller does: statements of 20 ms and more that ran 50 times on the overview, all on page Queries.
suggest = lambda do |stats, average_time, calls|
  chosen = stats.select { |each| each[:average_time] >= average_time && each[:calls] >= calls }
  database.suggested_indexes(suggested_indexes_by_query: database.suggested_indexes_by_query(query_stats: chosen))
end

stats = database.query_stats(historical: true, start_at: 3.hours.ago)
indexes = database.indexes
states = database.connection_states
hit_rates = { index: database.index_hit_rate, table: database.table_hit_rate }

overview = {
  inactive_replication_slots: replica ? [] : database.replication_slots.reject { |each| each[:active] },
  long_running_queries: database.long_running_queries,
  connections: states.values.sum >= database.total_connections_threshold ? [states] : [],
  idle_connections: states["idle in transaction"].to_i >= 100 ? [states] : [],
  transaction_id_danger: database.transaction_id_danger(threshold: 1_500_000_000),
  sequence_danger: database.sequence_danger(threshold: 0.9),
  invalid_indexes: database.invalid_indexes(indexes: indexes),
  invalid_constraints: database.invalid_constraints,
  duplicate_indexes: database.duplicate_indexes(indexes: indexes),
  suggested_indexes: suggest.call(stats, 20, 50),
  slow_queries: database.slow_queries(query_stats: stats)
}

pages = {
  blocked_queries: database.blocked_queries,
  cache: hit_rates.values.any? { |rate| rate && rate < database.cache_hit_rate_threshold / 100.0 } ? [hit_rates] : [],
  index_bloat: database.index_bloat,
  live_queries: database.running_queries(all: true),
  maintenance: database.maintenance_info,
  missing_indexes: database.missing_indexes,
  queries: stats,
  replication_lag: replica ? database.replication_lag.to_f : 0.0,
  settings: database.settings.merge(database.autovacuum_settings),
  space: database.relation_sizes,
  suggested_indexes: suggest.call(stats, 0, 0),
  unused_indexes: database.unused_indexes(max_scans: 0)
}

puts JSON.generate(version: PgHero::VERSION, overview: overview, pages: pages)
