"""Ways in which a restored database can differ from its source."""

from __future__ import annotations

from tests.integration.backup.manifest.mutations.around import CLUSTER_MUTATIONS
from tests.integration.backup.manifest.mutations.mutation import Mutation
from tests.integration.backup.manifest.mutations.programs import PROGRAMS
from tests.integration.backup.manifest.mutations.rights_and_rows import RIGHTS_AND_ROWS
from tests.integration.backup.manifest.mutations.tables import TABLES

SETUP = """
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FOREIGN DATA WRAPPER nothing;
"""

MUTATIONS = TABLES | PROGRAMS | RIGHTS_AND_ROWS

__all__ = ["CLUSTER_MUTATIONS", "MUTATIONS", "SETUP", "Mutation"]
