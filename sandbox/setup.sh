#!/bin/sh
# Everything that the sandbox, the tests and the checks need: Debian's packages and the virtual environment .venv.
# Harmless and fast when it is all there. Exit code 2 and one sentence where something is missing.
set -eu
cd "$(dirname "$0")/.."

fail() { echo "$1" >&2; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }
postgresql() {
    for program in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
        [ ! -x "$program" ] || return 0
    done
    have initdb
}

stamp=$(cat requirements.lock pyproject.toml sandbox/setup.sh | sha256sum | cut -c1-32)
if [ -x .venv/bin/python ] && [ "$(cat .venv/setup.stamp 2>/dev/null)" = "$stamp" ] && postgresql && have pgbackrest; then
    exit 0
fi

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if have "$candidate" && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || have uv || fail "Python 3.11 to 3.13 is needed, this machine has $(python3 --version 2>/dev/null || echo none)."

free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
[ "$free" -ge 5 ] || fail "The disk is short: $(pwd) has $free GB free, 5 GB are needed."

install() {
    have apt-get || fail "This is neither Debian nor Ubuntu: install the equivalents of these packages yourself:$1."
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        { have sudo && sudo -n true 2>/dev/null; } || fail "Not root, and sudo asks for a password: run as root: apt-get install$1"
        sudo=sudo
    fi
    echo "Installing Debian's packages:$1"
    # The sandbox has clusters of its own: Debian shall neither create nor start one.
    $sudo mkdir -p /etc/postgresql-common
    if ! grep -qs '^create_main_cluster *= *false' /etc/postgresql-common/createcluster.conf; then
        echo 'create_main_cluster = false' | $sudo tee -a /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    # Nor shall it start a proxy, a key-value store or a login of its own: the sandbox starts what it needs.
    policy=/usr/sbin/policy-rc.d
    if [ -e $policy ]; then
        policy=
    else
        printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
        $sudo chmod 755 $policy
        trap '$sudo rm -f $policy' EXIT
    fi
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of words
    if ! { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold $1; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        fail "apt-get could not install:$1 (the whole log: $log)."
    fi
    rm -f "$log"
    [ -z "$policy" ] || $sudo rm -f $policy
}

missing=
postgresql || missing="$missing postgresql"
have pgbackrest || missing="$missing pgbackrest"
have java || missing="$missing default-jre-headless"
have mvn || [ -n "${KAFKA_HOME:-}" ] || missing="$missing maven"
have age || missing="$missing age"
have chromium || missing="$missing chromium"
have curl || missing="$missing curl"
have zstd || missing="$missing zstd"
have barman || missing="$missing barman"
have pgbadger || missing="$missing pgbadger"
have setpriv || missing="$missing util-linux"
have haproxy || [ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
have etcd || missing="$missing etcd-server"
have nft || [ -x /usr/sbin/nft ] || missing="$missing nftables"
have ip || [ -x /usr/sbin/ip ] || missing="$missing iproute2"
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
have ssh || missing="$missing openssh-client"
have uv || { [ -n "$python" ] && "$python" -c 'import ensurepip' 2>/dev/null; } || missing="$missing python3-venv"

[ -z "$missing" ] || install "$missing"
postgresql || fail "PostgreSQL is missing: there is no initdb in /usr/lib/postgresql/*/bin."

# An extension with configuration tables, and one for trying indexes: their packages are named after the major.
major=$(ls /usr/lib/postgresql 2>/dev/null | sort -n | tail -n 1)
extensions=
for extension in pg_partman:partman hypopg:hypopg; do
    [ -z "$major" ] || [ -e "/usr/share/postgresql/$major/extension/${extension%%:*}.control" ] ||
        extensions="$extensions postgresql-$major-${extension##*:}"
done
[ -z "$extensions" ] || install "$extensions"

echo "Installing the Python packages of requirements.lock into .venv"
by_uv() {
    # Uncompiled, Airflow's first import takes half a minute.
    "$1" pip install --quiet --python .venv --compile-bytecode -r requirements.lock &&
        "$1" pip install --quiet --python .venv --no-deps -e .
}
by_pip() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
}
if have uv; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "${python:-3.11}" .venv
    by_uv uv
else
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    # pip takes some four times as long, so it fetches uv first; where uv cannot be had, pip does it all.
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1" || ! by_uv .venv/bin/uv; then
        echo "uv cannot be used here, so pip installs them: some two minutes"
        by_pip
    fi
fi
echo "$stamp" >.venv/setup.stamp
