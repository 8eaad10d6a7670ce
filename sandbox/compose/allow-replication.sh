#!/bin/sh
# Run once by the official image, after initdb: the standby may stream from this server.
set -eu
echo "host replication all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
