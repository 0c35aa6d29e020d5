# Two commands for a newcomer: `make demo` runs the main job, `make test` passes every check.
# All that they install lives in .venv; `make clean` takes it away again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
UV ?= uv

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
WHEELS := --require-hashes --only-binary :all:
DEMO := demo

# The environment is made anew when a lock, the project's metadata, the interpreter or the folder
# changes: each is part of the stamp's name.
KEY := $(shell { cat requirements.lock requirements-dev.lock pyproject.toml; $(PYTHON) --version; pwd; } 2>&1 | cksum | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.run-$(KEY)
DEV_STAMP := $(VENV)/.dev-$(KEY)

.PHONY: help
help: ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS=$$'\t' read -r target says; do printf '  make %-14s %s\n' "$$target" "$$says"; done

$(RUN_STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; some 100 MB)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install -qq $(WHEELS) --requirement requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements-dev.lock
	@echo "Adding the tools for the checks to $(VENV)"
	@$(PIP) install -qq $(WHEELS) --requirement requirements-dev.lock
	@touch $@

.PHONY: demo
demo: $(RUN_STAMP) ## Set up, make 10,000 accounts, run the main job on them, and measure it.
	@rm -rf $(DEMO)
	@mkdir -p $(DEMO)
	$(BIN)/keepone generate 10000 $(DEMO)/accounts.csv --seed 1
	$(BIN)/keepone run $(DEMO)/accounts.csv --workspace $(DEMO)/keepone-data --run-id demo
	$(BIN)/keepone evaluate $(DEMO)/keepone-data/runs/demo --truth $(DEMO)/accounts.truth.parquet
	@printf '%s\n' "" \
	  "  The report     $(DEMO)/keepone-data/runs/demo/report.html (open it in a browser)" \
	  "  Every record   $(DEMO)/keepone-data/runs/demo/review_ready.csv" \
	  "  The truth      $(DEMO)/accounts.truth.parquet" \
	  "" \
	  "  Next, with your own export:" \
	  "    $(BIN)/keepone run YOUR-EXPORT.csv" ""

.PHONY: check
check: $(DEV_STAMP) ## Format, lint, types, import contracts, and what is unsafe.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src

.PHONY: test
test: check ## Every check, then every test.
	$(BIN)/pytest -n auto -m 'not slow'

.PHONY: test-slow
test-slow: $(DEV_STAMP) ## The long suites.
	$(BIN)/pytest -n auto -m slow

.PHONY: fuzz
fuzz: $(DEV_STAMP) ## Read 10,000 malformed files; fails where one does harm (half an hour).
	$(BIN)/python -W ignore -m tests.fuzz --files 10000 --readers 2

# Atheris has no wheel for every system, so it stands beside the environment.
PARSERS := names phones addresses streets dates mail web numbers identifiers

.PHONY: fuzz-parsers
fuzz-parsers: $(DEV_STAMP) ## Fuzz the parsers of fields by what they cover, a minute each.
	@$(PIP) install -qq --only-binary :all: --no-deps --target $(VENV)/fuzz atheris==3.0.0
	@for parser in $(PARSERS); do PYTHONPATH=$(VENV)/fuzz:src $(BIN)/python -m tests.fuzz.guided $$parser 60; done

.PHONY: coverage
coverage: $(DEV_STAMP) ## Lines and branches that the tests take; fails under 95 % (long).
	@rm -rf .coverage
	@mkdir -p .coverage
	$(BIN)/coverage run -m pytest -n auto -m 'not slow'
	$(BIN)/python -m bench.covered --missing

.PHONY: mutants
mutants: $(DEV_STAMP) ## Plant faults in the code that decides; fails where tests see too few (hours).
	$(BIN)/python -m bench.mutation

.PHONY: format
format: $(DEV_STAMP) ## Format the code and mend what the linter can mend.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: snapshots
snapshots: $(DEV_STAMP) ## Write tests/sql anew from the statements in the stages.
	$(BIN)/python -m tests.house.sql

# Systems and interpreters that a user may have, besides the one at hand.
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin x86_64-pc-windows-msvc
PYTHONS := 3.11 3.12 3.13 3.14

.PHONY: check-wheels
check-wheels: ## Show that a user's install needs wheels alone, here and on other systems (needs uv).
	@empty=$$(mktemp -d); trap 'rm -rf "$$empty"' EXIT; \
	$(PYTHON) -m venv "$$empty"; \
	"$$empty/bin/python" -m pip install -qq --no-input $(WHEELS) --requirement requirements.lock; \
	"$$empty/bin/python" -m pip install -qq --no-input --no-deps --no-build-isolation .; \
	cd "$$empty" && bin/keepone --help >/dev/null && echo "ok: installed from wheels into an empty environment"
	@for platform in $(PLATFORMS); do for version in $(PYTHONS); do \
	  $(UV) pip compile --quiet --no-header --only-binary :all: --no-deps --python-platform $$platform --python-version $$version requirements.lock --output-file - >/dev/null; \
	  echo "ok: wheels for $$platform, Python $$version"; \
	done; done

.PHONY: audit
audit: $(DEV_STAMP) ## Look the locks up for known vulnerabilities; "not audited" (3) is not clean (0).
	$(BIN)/python -m bench.audit requirements.lock requirements-dev.lock

# What a user's install holds: a bill of the lock, not of the tools around it.
.PHONY: sbom
sbom: $(DEV_STAMP) ## Write the software bill of materials: sbom.cdx.json (CycloneDX).
	$(BIN)/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml --of JSON --output-file sbom.cdx.json requirements.lock
	@echo "sbom.cdx.json lists what requirements.lock installs"

.PHONY: dist-check
dist-check: ## Build wheel and sdist, install each from the lock into nothing, and run the demo's job.
	$(PYTHON) -m bench.dist_check $(foreach version,$(PYTHONS),python$(version))

.PHONY: accuracy
accuracy: $(RUN_STAMP) ## Accuracy on every labelled set; fails where F1 fell (some minutes).
	$(BIN)/python -m bench.accuracy

.PHONY: accuracy-freeze
accuracy-freeze: $(RUN_STAMP) ## The same, and keep the figures: REASON="why they changed".
	$(BIN)/python -m bench.accuracy --freeze "$${REASON-}"

# Splink has an environment of its own, so that neither constrains the other.
SPLINK := bench/splink/.venv
SPLINK_STAMP := $(SPLINK)/.made-$(shell { cat bench/splink/requirements.lock; $(PYTHON) --version; pwd; } 2>&1 | cksum | cut -d' ' -f1)

$(SPLINK_STAMP): bench/splink/requirements.lock
	@echo "Setting up $(SPLINK)"
	@rm -rf $(SPLINK)
	@$(PYTHON) -m venv $(SPLINK)
	@$(SPLINK)/bin/python -m pip install -qq --no-input $(WHEELS) --requirement $<
	@touch $@

.PHONY: bench
bench: $(RUN_STAMP) ## What runs cost from 1,000 to 1,000,000 accounts, whole and by stage.
	$(BIN)/keepone bench --out $(DEMO)/bench

# A noisy machine holds nobody back; what is half as slow again is no noise.
.PHONY: bench-gate
bench-gate: $(RUN_STAMP) ## Compare 10,000 accounts with the benchmark kept in bench/gate_10k.json.
	$(BIN)/keepone bench --against bench/gate_10k.json --repeats 1 --samples 3 --tolerance 50 --out $(DEMO)/gate

.PHONY: bench-splink
bench-splink: $(RUN_STAMP) $(SPLINK_STAMP) ## Keepone beside Splink on 94,000 generated accounts (a minute or two).
	$(BIN)/python -m bench.splink.compare --splink $(SPLINK)/bin/python

.PHONY: lock
lock: ## Resolve the locks anew (needs uv).
	@command -v $(UV) >/dev/null || { echo "uv is needed: python3 -m pip install uv" >&2; exit 1; }
	printf '%s\n' hatchling | $(UV) pip compile $(LOCK) --output-file requirements.lock pyproject.toml -
	$(UV) pip compile $(LOCK) --output-file requirements-dev.lock --constraint requirements.lock --group dev pyproject.toml
	$(UV) pip compile $(LOCK) --output-file bench/splink/requirements.lock bench/splink/requirements.txt
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

.PHONY: clean
clean: ## Take away all that the other targets made.
	rm -rf $(VENV) $(DEMO) sbom.cdx.json .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage bench/splink/.venv bench/splink/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
