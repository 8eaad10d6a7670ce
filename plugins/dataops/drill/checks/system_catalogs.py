"""The system catalogs agree with each other, so that what is defined is also enforced."""

from __future__ import annotations

from dataops.drill.checks.finding import Finding, of_faults
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.postgres import sql


@check("system catalogs", expected="no contradiction")
def system_catalogs(look: Look) -> Finding:
    """Definitions equal to the manifest are worth nothing where the server does not follow them.

    A lost update of ``pg_class`` leaves a trigger that never fires, or an index that new rows do not enter;
    lost rows of ``pg_trigger`` leave a foreign key that lets everything pass. No definition shows it.
    """
    faults = look.query(sql(__package__, "system_catalogs"))
    return of_faults([f"{about}: {said}" for about, said in faults], "no contradiction found")
