"""The pages *Backups*, *Reports* and *Failover* in Airflow's own UI, and what lies behind them."""
