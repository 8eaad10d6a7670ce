"""The console's web application, mounted in Airflow's own server.

Airflow mounts such an application without any login of its own, so every route asks for the user, and what
it shows is what that user may see: the subjects whose DAGs he may read. FastAPI reads the annotations of the
routes at run time; that is why this module does not postpone them.
"""

import re
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dataops.airflow import links, subjects
from dataops.airflow.console.failover_state import failover_state
from dataops.airflow.console.page import render, render_failover, render_reports, render_trouble
from dataops.airflow.console.report_state import latest
from dataops.airflow.console.state import state
from dataops.errors import DataOpsError
from dataops.platform import Platform

KEY = re.compile(
    r"(?P<capability>[a-z_]+)/(?P<subject>[a-z0-9_-]+)/\d{4}/\d\d/\d\d/[A-Za-z0-9_-]+/(index\.html|evidence\.json)"
)
REPORT_KEY = re.compile(
    r"(?P<database>[a-z0-9_-]+)/(\d{4}/\d\d/\d\d/[A-Za-z0-9_-]+|(week|month)/[0-9W-]+)/"
    r"(?P<name>index\.html|report\.json|report\.md)"
)
KINDS = {"html": "text/html", "json": "application/json", "md": "text/markdown"}
GUARDED = {
    # The page is the user's own session: nothing may run in it, and no other site may frame it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

app = FastAPI(title="dataops", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/")
def backups(user: GetUserDep) -> Response:
    """The page *Backups*."""
    platform = subjects.platform(fresh=True)
    by_dag = {links.dag_id("backup", subject.name): subject for subject in platform.inventory.backed_up}
    broken = {links.dag_id("backup", file.name): file for file in platform.inventory.invalid}
    readable = get_auth_manager().filter_authorized_dag_ids(dag_ids={*by_dag, *broken}, user=user)
    seen = state(
        platform,
        [subject for dag, subject in by_dag.items() if dag in readable],
        broken=[file for dag, file in broken.items() if dag in readable],
    )
    return HTMLResponse(render(seen, links.CONSOLE), headers=GUARDED)


@app.get("/evidence/{key:path}")
def evidence(key: Annotated[str, Path(max_length=500)], user: GetUserDep) -> Response:
    """One evidence page or record, straight from the store."""
    found = KEY.fullmatch(key)
    if found is None:
        raise HTTPException(404, "No evidence has such an address.")
    platform = subjects.platform(fresh=True)
    dags = _dags_of(platform, found["capability"], found["subject"])
    if not get_auth_manager().filter_authorized_dag_ids(dag_ids=dags, user=user):
        raise HTTPException(403, f"You may not read {' or '.join(sorted(dags))}.")
    body = _read(platform, f"evidence/{key}")
    kind = "text/html" if key.endswith(".html") else "application/json"
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=GUARDED)


@app.get("/reports/")
def reports(user: GetUserDep) -> Response:
    """The page *Reports*: the last night of every database."""
    platform = subjects.platform(fresh=True)
    by_dag = {
        links.dag_id("performance_report", database.name): database
        for database in platform.inventory.databases
        if database.retired is None and database.report.enabled
    }
    readable = get_auth_manager().filter_authorized_dag_ids(dag_ids=set(by_dag), user=user)
    seen = latest(platform, [database for dag, database in by_dag.items() if dag in readable])
    return HTMLResponse(render_reports(seen, links.CONSOLE), headers=GUARDED)


@app.get("/reports/{key:path}")
def report(key: Annotated[str, Path(max_length=500)], user: GetUserDep) -> Response:
    """One performance report, a week's or a month's, straight from the store."""
    found = REPORT_KEY.fullmatch(key)
    if found is None:
        raise HTTPException(404, "No report has such an address.")
    dag = links.dag_id("performance_report", found["database"])
    if dag not in get_auth_manager().filter_authorized_dag_ids(dag_ids={dag}, user=user):
        raise HTTPException(403, f"You may not read {dag}.")
    body = _read(subjects.platform(fresh=True), f"reports/{key}")
    kind = KINDS[found["name"].rpartition(".")[2]]
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=GUARDED)


@app.get("/failover/")
def failover(user: GetUserDep) -> Response:
    """The page *Failover*: the last test of every scenario."""
    platform = subjects.platform(fresh=True)
    by_dag = {
        links.dag_id("failover_test", scenario.name): scenario
        for scenario in subjects.scenarios(platform.inventory).scenarios
    }
    readable = get_auth_manager().filter_authorized_dag_ids(dag_ids=set(by_dag), user=user)
    seen = failover_state(platform, [scenario for dag, scenario in by_dag.items() if dag in readable])
    return HTMLResponse(render_failover(seen, links.CONSOLE), headers=GUARDED)


@app.exception_handler(DataOpsError)
def explained(_: Request, error: DataOpsError) -> HTMLResponse:
    """What is wrong, in its own sentence, instead of an empty frame."""
    return HTMLResponse(render_trouble(str(error)), status_code=503, headers=GUARDED)


@app.exception_handler(401)
def sent_to_login(request: Request, error: HTTPException) -> Response:
    """Who follows a link from a message without being logged in logs in and comes back; programs get 401."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": error.detail}, status_code=401, headers=GUARDED)
    return RedirectResponse(links.login(str(request.url)), status_code=307)


def _dags_of(platform: Platform, capability: str, subject: str) -> set[str]:
    """The DAGs of which a user must be able to read one. The guard has none: it acts for a server's tests."""
    if capability != "failover_guard":
        return {links.dag_id(capability, subject)}
    tests = subjects.scenarios(platform.inventory).scenarios
    of_server = {
        links.dag_id("failover_test", test.name)
        for test in tests
        if platform.inventory.server_of(platform.inventory.subject(test.database)).name == subject
    }
    return of_server or {links.dag_id("failover_test", subject)}


def _read(platform: Platform, key: str) -> bytes:
    from dataops.store import ObjectMissing

    try:
        return platform.store.get(key)
    except ObjectMissing:
        raise HTTPException(404, "There is no such page in the store.") from None
