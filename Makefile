# Two commands matter: `make run` and `make test`. Both install what they need into .venv first, from uv.lock.
# Every setting of .env.example can be given on the line: `make run LIVE=1 API_PORT=9000`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
COMPOSE := docker compose $(if $(LIVE),,--profile sandbox)
API := http://127.0.0.1:$(or $(API_PORT),8000)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE := ghcr.io/kasparro/kasparro
STAGES := lint unit integration e2e

.PHONY: help run dev test $(STAGES) faults bench audit up down logs-api health wheel image clean

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name does; do \
	  printf '  make %-12s %s\n' "$$name" "$$does"; done

run: .venv/synced graphql_api/static ## start everything in this terminal (LIVE=1: the real providers)
	@exec $(BIN)/python -m flows up

dev: .venv/synced graphql_api/static ## the API with reload, on the running stack's database (API_PORT=8001 beside `make run`)
	@exec $(BIN)/python -m graphql_api --reload

# --- checks

test: .venv/synced ## every check below, in order, and a summary
	@summary=; for stage in $(STAGES); do \
	  SECONDS=0; outcome=passed; $(MAKE) $$stage || outcome=FAILED; \
	  summary+=$$(printf '\n  %-12s %-6s %4d s' $$stage $$outcome $$SECONDS); \
	  [ $$outcome = passed ] || break; \
	done; echo "$$summary"; [ $$outcome = passed ]

lint: .venv/linters ## style, types, import contracts, spelling, the lock file, and what CI and containers read
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/uv lock --check --offline --quiet || $(BIN)/uv lock --check --quiet
	$(BIN)/hadolint Dockerfile
	$(BIN)/shellcheck .ci/install .ci/run .ci/notes .docker/*
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.prod.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github

unit: .venv/synced ## tests without a database, network or Prefect (PYTEST="-k name": some of them)
	$(BIN)/pytest tests/unit $(PYTEST)

integration: .venv/synced ## tests on a real PostgreSQL and real HTTP on this machine
	$(BIN)/pytest tests/integration $(PYTEST)

e2e: .venv/synced graphql_api/static ## tests of the running whole
	$(BIN)/pytest tests/e2e -m 'not slow' $(PYTEST)

faults: .venv/synced ## break a running system in every way, and count what is lost (FAULTS="--case disk": some of them; docs/reliability.md)
	$(BIN)/python -m tests.e2e.faults $(FAULTS)

bench: .venv/bench ## how fast, against others (BENCH=--quick: a first look), and how well it matches
	$(BIN)/python -m tests.benchmarks $(BENCH)
	$(BIN)/pytest tests/benchmarks $(PYTEST)

audit: .venv/synced ## known vulnerabilities of what uv.lock pins (skipped where their database cannot be reached)
	@probe='import json, urllib.request as web; json.load(web.urlopen("https://pypi.org/pypi/pip/25.0/json", timeout=10))["vulnerabilities"]'; \
	if $(BIN)/python -c "$$probe" 2>/dev/null; then \
	  .ci/install --group audit && mkdir -p .kasparro && \
	  $(BIN)/uv export --quiet --frozen --no-dev --no-emit-project --output-file .kasparro/requirements.txt && \
	  $(BIN)/pip-audit --strict --disable-pip --requirement .kasparro/requirements.txt; \
	else echo 'skipped: pypi.org, which knows of vulnerabilities, cannot be reached from here'; fi

# --- containers

up: ## build and start the containers (LIVE=1: on the real providers)
	@$(MAKE) graphql_api/static || true # the folder that the API's container looks at is this one
	$(if $(LIVE),UPSTREAM=LIVE) $(COMPOSE) up --build --detach --wait

down: ## stop the containers
	$(COMPOSE) down

logs-api: ## follow the API container's log
	$(COMPOSE) logs --follow api

health: ## ask the running API how it is
	@curl --silent --show-error --fail-with-body $(API)/health && echo

# --- releases

wheel: .venv/synced graphql_api/static ## build dist/kasparro-*.whl, with everything that the three doors need
	$(BIN)/uv build --wheel --out-dir dist

image: ## build the image (PUSH=1: push it to IMAGE=…, with its list of contents and where it comes from)
	docker buildx build --tag $(IMAGE):$(VERSION) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION=$$(git rev-parse HEAD) $(if $(PUSH),--push --sbom=true --provenance=mode=max,--load) .

# --- installation

.venv/synced: uv.lock pyproject.toml
	@.ci/install

.venv/linters .venv/bench: .venv/synced
	@.ci/install --group $(@F) && touch $@

# What the dashboard and GraphiQL consist of, from the npm registry; without one everything else works all the same.
graphql_api/static: graphql_api/dashboard/page.html graphql_api/graphiql/page.html .venv/synced
	@$(BIN)/python -m graphql_api assets && touch $@ || true

clean: ## remove .venv, the caches, and the state folder with its database
	rm -rf .venv .kasparro graphql_api/static .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
