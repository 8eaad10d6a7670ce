#!/bin/sh
# pgBackRest on the database host: make the stanza in both repositories, then serve Airflow's workers by TLS.
set -eu
configuration=/sandbox/postgresql/pgbackrest/pgbackrest.conf
pgbackrest --config="$configuration" --stanza=sandbox stanza-create
exec pgbackrest --config="$configuration" server
