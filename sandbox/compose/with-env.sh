#!/bin/sh
# Run a program with the connections, buckets and settings that the prepare service wrote.
set -eu
set -a
# shellcheck source=/dev/null
. /sandbox/env
set +a
exec "$@"
