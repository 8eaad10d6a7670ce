"""A node's own files, which a rewind or a base backup would replace by those of another node."""

from __future__ import annotations

from dataops.failover.hosts.host import Host

_OWN = r"""
cd -- "$1" && mkdir -m 0700 -- "$2" || exit 1
for each in * .[!.]*; do
    case "$each" in
        base|global|log|pg_*[a-z]) [ -f "$each" ] || continue ;;
        PG_VERSION|backup_label*|backup_manifest*|tablespace_map*|standby.signal|recovery.signal) continue ;;
        dataops-*|postmaster.*|current_logfiles|core*) continue ;;
    esac
    [ -e "$each" ] || continue
    cp -a -- "$each" "$2/" || exit 1
done
"""
"""Everything in the data directory's top folder that is not the server's data: configuration, certificates,
included files and folders. PostgreSQL's own folders: its documentation, Database File Layout."""
_BACK = 'cp -a -- "$2/." "$1/" && sync -f "$1"'


def keep(host: Host, data: str, folder: str) -> None:
    """Copy the node's own files to a new folder; one that is left from before is replaced."""
    part = f"{folder}.part"
    host.run(["rm", "-rf", "--", part, folder], deadline=60)
    host.run(["sh", "-c", _OWN, "sh", data, part], deadline=60)
    host.rename(part, folder)


def put_back(host: Host, data: str, folder: str) -> None:
    """Copy them back over whatever came from the other node."""
    host.run(["sh", "-c", _BACK, "sh", data, folder], deadline=60)
