#!/bin/sh
# HAProxy leads to the node that is primary when it starts: the one that does not ask to be a standby.
set -eu
leader=alpha
[ ! -e /sandbox/postgresql/primary/data/standby.signal ] || leader=beta
exec haproxy -W -db -f "/sandbox/haproxy/$leader.cfg"
