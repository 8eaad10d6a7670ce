"""The Airflow skin: operators, notifiers, the console. The only folder that imports Airflow."""
