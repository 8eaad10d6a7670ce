"""Where a subject's tasks run: pool, queue, pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataops.inventory import Server


def placement(server: Server, *, pool: str = "") -> dict[str, Any]:
    """The arguments of every task that touches the server, its databases or their backups.

    ``pool`` is another one than the server's own, which bounds its backups.

    ``weight_rule`` upstream lets a backup that has begun go on before another one begins: by Airflow's
    default every preflight would come first, and the first manifest after the last dump.
    """
    arguments: dict[str, Any] = {"pool": pool or server.pool, "weight_rule": "upstream"}
    if server.worker and server.worker.queue:
        arguments["queue"] = server.worker.queue
    if server.worker and server.worker.pod_template:
        arguments["executor_config"] = {"pod_template_file": server.worker.pod_template}
    return arguments
