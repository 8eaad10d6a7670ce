-- What the planner knows, so that the first report is about a database at rest.
ANALYZE;
