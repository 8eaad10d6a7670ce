# A data platform that proves what it claims. Every target sets up first what it needs.
PYTHON := .venv/bin/python
SANDBOX := $(PYTHON) -m sandbox
.DEFAULT_GOAL := help
# Where it is set, as in many images, every program that starts here would compile its modules anew.
unexport PYTHONDONTWRITEBYTECODE
# $(call wanted,NAME TEAM,example): stops unless each variable was given, and shows how.
wanted = $(foreach each,$(1),$(if $($(each)),,$(error $(each) is missing: make $(2))))
.PHONY: help setup demo up down status test lint bench torture new-server new-database new-topic new-scenario

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what is missing: Debian's packages, and .venv (at once when all is there)
	@sandbox/setup.sh

demo: setup ## Start the sandbox, run every capability's DAG once, print one table; the UI stays up
	@$(SANDBOX) demo

up: setup ## Start the sandbox: PostgreSQL, HAProxy, S3 store, Kafka, Airflow (see .sandbox/env)
	@$(SANDBOX) up

down: ## Stop the sandbox; its data stays
	@if [ -x $(PYTHON) ]; then $(SANDBOX) down; fi

status: setup ## Show what runs, and the log's end of what died
	@$(SANDBOX) status

test: setup ## Run every test, on real servers of its own
	@$(PYTHON) -m pytest --numprocesses 4 --max-worker-restart 0 --dist loadscope --no-loadscope-reorder --durations 15 $(ARGS)

lint: setup ## Check style, types and who may import whom
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy --strict plugins
	@.venv/bin/lint-imports

bench: setup ## Measure speed as ratios, side by side with the bare programs
	@$(PYTHON) -m tests.benchmarks $(ARGS)

torture: setup ## Long fault and load runs
	@DATAOPS_TORTURE=1 $(PYTHON) -m pytest -m torture $(ARGS)

new-server: setup ## Write include/servers/NAME.yaml: make new-server NAME=main OWNER=team
	$(call wanted,NAME,new-server NAME=main OWNER=team)
	@.venv/bin/dataops new server $(NAME) $(if $(OWNER),--owner $(OWNER))

new-database: setup ## Write include/databases/NAME.yaml: make new-database NAME=shop SERVER=main OWNER=team
	$(call wanted,NAME,new-database NAME=shop SERVER=main OWNER=team)
	@.venv/bin/dataops new database $(NAME) $(if $(SERVER),--server $(SERVER)) $(if $(OWNER),--owner $(OWNER))

new-topic: setup ## Add a Kafka topic to its team's file: make new-topic NAME=shop.orders TEAM=shop CLUSTER=main
	$(call wanted,NAME TEAM,new-topic NAME=shop.orders TEAM=shop CLUSTER=main)
	@.venv/bin/dataops new topic $(NAME) --team $(TEAM) $(if $(CLUSTER),--cluster $(CLUSTER))

new-scenario: setup ## Write a failover test, include/failover/NAME.yaml: make new-scenario NAME=shop_crash DATABASE=shop MODE=crash
	$(call wanted,NAME,new-scenario NAME=shop_crash DATABASE=shop MODE=crash)
	@.venv/bin/dataops new scenario $(NAME) $(if $(DATABASE),--database $(DATABASE)) $(if $(MODE),--mode $(MODE))
