# The two commands of the README, and what they are made of. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(STAMP) ## see it work: a real API server, 20 Spot nodes, one pool reclaimed
	@$(RUN) -m hack.demo $(ARGS)

.PHONY: test
test: $(STAMP) ## lint, types, import contracts, unit and integration tests
	@# The parts of the local cluster are built beside what does not need them: minutes, once.
	@$(MAKE) --no-print-directory -j 2 parts static
	@$(MAKE) --no-print-directory integration

.PHONY: static
static: $(STAMP)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory unit

.PHONY: parts
parts: $(STAMP)
	@$(RUN) -m hack.cluster build --helm

.PHONY: lint
lint: $(STAMP) ## style, types, import directions
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: unit
unit: $(STAMP) ## unit tests; the pure rooms are covered whole
	$(RUN) -m pytest tests/unit -n 2 --cov --cov-report=
	$(VENV)/bin/coverage report --include='controller/domain/*,controller/notices/*,controller/drain/*' --fail-under=100

.PHONY: fuzz
fuzz: $(STAMP) ## a million hostile messages for the event parsers
	@$(RUN) -m tests.fuzz $(ARGS)

.PHONY: integration
integration: parts ## tests against a real kube-apiserver and a real HTTP SQS, and the demo end to end
	$(RUN) -m pytest tests/integration e2e -n 3 --dist loadfile --durations=10

.PHONY: cluster
cluster: $(STAMP) ## start the local cluster alone and keep it until Ctrl-C
	@$(RUN) -m hack.cluster up $(ARGS)

.PHONY: bench
bench: $(STAMP) ## measure: one notice, a burst, room in a budget, a restart
	@$(RUN) -m bench $(ARGS)

.PHONY: lock
lock: $(STAMP) ## pin all dependencies anew, with hashes
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 pyproject.toml -o requirements/run.txt
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt

$(STAMP): requirements/dev.txt pyproject.toml
	@PYTHON=$(PYTHON) hack/setup.sh $(VENV)
	@touch $@
