"""The page *Backups* in Airflow's own UI, and the evidence pages behind it."""
