# The two commands of the README, and what they are made of. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
BENCH_STAMP := $(VENV)/.bench-installed

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
	@$(RUN) -m hack.cluster build --chart

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
	$(RUN) -m pytest tests/integration e2e/test_demo.py -n 3 --dist loadfile --durations=10

.PHONY: e2e
e2e: $(STAMP) ## image and chart on a kind cluster with real kubelets, every event through the queue
	$(RUN) -m pytest e2e/image e2e/kind --durations=10 $(ARGS)

.PHONY: cluster
cluster: $(STAMP) ## start the local cluster alone and keep it until Ctrl-C
	@$(RUN) -m hack.cluster up $(ARGS)

.PHONY: kind
kind: $(STAMP) ## start a kind cluster with real kubelets, whatever Docker the machine has
	@$(RUN) -m hack.kind up

.PHONY: kind-down
kind-down: $(STAMP) ## remove it; ARGS=--all removes what was built for it, too
	@$(RUN) -m hack.kind down $(ARGS)

.PHONY: image
image: $(STAMP) ## build the controller's image and list what is in it; TAG=..., BASE=..., UPGRADE=yes
	@$(RUN) -m hack.image $(if $(TAG),--tag $(TAG)) $(if $(BASE),--base $(BASE)) $(if $(UPGRADE),--upgrade)

.PHONY: audit
audit: $(STAMP) ## ask what is known to be wrong with the locked packages; IMAGE=... and BASE=... for an image
	@$(RUN) -m hack.audit $(if $(IMAGE),--image $(IMAGE)) $(if $(BASE),--base $(BASE)) $(ARGS)

.PHONY: bench
bench: $(STAMP) $(BENCH_STAMP) ## measure all of docs/performance.md and write it; ARGS=--help says how long
	@$(RUN) -m bench suite $(ARGS)

.PHONY: chart-readme
chart-readme: $(STAMP) ## write the table of values in chart/README.md from chart/values.yaml
	@$(RUN) -m hack.chart

.PHONY: lock
lock: $(STAMP) ## pin all dependencies anew, with hashes
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 pyproject.toml -o requirements/run.txt
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 -c requirements/dev.txt --group bench \
		-o requirements/bench.txt
	$(VENV)/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --python-version 3.11 -c requirements/dev.txt \
		e2e/kind/containers/aws/requirements.in -o e2e/kind/containers/aws/requirements.txt

$(STAMP): requirements/dev.txt pyproject.toml
	@PYTHON=$(PYTHON) hack/setup.sh $(VENV)
	@touch $@

# What draws the plots; `make test` does not wait for it.
$(BENCH_STAMP): requirements/bench.txt $(STAMP)
	@echo "bench: installing what draws the plots (half a minute, once)" >&2
	@$(RUN) -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps \
		-r requirements/bench.txt
	@touch $@
