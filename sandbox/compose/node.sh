#!/bin/sh
# A database server as a machine of its own: sshd, by which a failover test reaches it, and PostgreSQL, which may
# be killed, stopped and started again without the container. The rest of the line starts PostgreSQL at first.
set -eu
node=$(basename "$(dirname "$PGDATA")")
keys=/sandbox/containers/$node
install -d -o postgres -g postgres -m 0700 "$(dirname "$PGDATA")" "$(dirname "$PGDATA")/log"
mkdir -p /run/sshd
# No password logs in, but without one that is merely impossible sshd takes the account for locked.
usermod --password '*' postgres
/usr/sbin/sshd -o HostKey="$keys/host_key" -o AuthorizedKeysFile="$keys/authorized_keys" -o AllowUsers=postgres \
    -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o UsePAM=no -o PidFile=/run/sshd.pid
end() {
    gosu postgres pg_ctl stop --mode=fast --pgdata="$PGDATA" || true
    exit 0
}
trap end INT TERM
"$@" &
while :; do
    sleep 60 &
    wait $! || true
done
