"""The local platform without Docker: what docker-compose.yml is with Docker. Started by ``make up``."""
