"""The only AirflowPlugin of this repository: its pages in the navigation, and quicker tasks."""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from dataops.airflow import preloading


class DataOpsPlugin(AirflowPlugin):
    """Mounts the console, puts its pages into the navigation, and imports once what every task needs."""

    name = "dataops"
    listeners = [preloading]  # ruff: ignore[mutable-class-default] - Airflow reads a plain list
    external_views = [  # ruff: ignore[mutable-class-default] - Airflow reads a plain list
        {
            "name": "Backups",
            "href": "/dataops/",
            "destination": "nav",
            "url_route": "backups",
            "nav_top_level": True,
        },
        {
            "name": "Reports",
            "href": "/dataops/reports/",
            "destination": "nav",
            "url_route": "reports",
            "nav_top_level": True,
        },
        {
            "name": "Failover",
            "href": "/dataops/failover/",
            "destination": "nav",
            "url_route": "failover",
            "nav_top_level": True,
        },
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The console; looked at by the API server alone, so that no task has to import it."""
        from dataops.airflow.console.app import app
        from dataops.airflow.links import CONSOLE

        return [{"app": app, "url_prefix": CONSOLE, "name": "dataops"}]
