#!/bin/sh
# Copy the primary on the first start, then stream from it: its settings name primary and slot.
set -eu
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 0700 "$PGDATA"
    exec gosu postgres sh "$0" "$@"
fi
export PGPASSFILE="/sandbox/containers/standby/pgpass"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    copy="pg_basebackup --host=primary --port=5432 --username=postgres --no-password
          --pgdata=$PGDATA --wal-method=stream --checkpoint=fast --slot=standby"
    # The slot is there already when only the standby's volume was removed.
    $copy --create-slot || { find "$PGDATA" -mindepth 1 -delete; $copy; }
    touch "$PGDATA/standby.signal"
fi
exec "$@"
