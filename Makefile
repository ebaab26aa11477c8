# custodes: `make demo` to see it, `make test` to trust it, `make help` for the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# A venv without pip needs no python3-venv package; the pip that ran us fills it.
PIP := $(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install --no-deps --require-hashes --progress-bar on

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts bench web docs lock clean check

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMPS):
	$(PYTHON) -m venv --without-pip $(VENV)
	@mkdir -p $@

$(STAMPS)/run: requirements/run.txt | $(STAMPS)
	$(PIP) -r requirements/run.txt
	@touch $@

$(STAMPS)/dev: requirements/dev.txt | $(STAMPS)
	$(PIP) -r requirements/dev.txt
	@touch $@ $(STAMPS)/run

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/dev
	$(PIP) -r requirements/bench.txt
	@touch $@

WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
$(STAMPS)/install: pyproject.toml hatch_build.py $(WEB_SOURCES)
	$(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMPS)/run $(STAMPS)/install ## Watch real footage, redacted, in a browser (CHECK=1: bounded, headless)
	$(BIN)/custodes demo $(if $(CHECK),--check)

test: $(STAMPS)/dev $(STAMPS)/install ## Run every test
	$(BIN)/python -m pytest $(TESTS)

lint: $(STAMPS)/dev $(STAMPS)/install ## Ruff and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMPS)/dev ## mypy, strict
	$(BIN)/mypy

bench: $(STAMPS)/bench $(STAMPS)/install ## Measure cost against straightforward pipelines and peers
	$(BIN)/python -m bench $(BENCH)

web: $(STAMPS)/run ## Build the web page
	$(BIN)/python hatch_build.py

docs: $(STAMPS)/dev $(STAMPS)/install ## Regenerate docs/reference from the code
	$(BIN)/python -m custodes.app.reference docs/reference

check: lint types test ## All that CI checks

# opencv-python would overwrite the headless build that custodes uses, and needs libGL; dlib would be compiled where its
# build dlib-bin is installed.
UV := $(BIN)/uv pip compile pyproject.toml requirements/build.in --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet --extra models --extra demo --extra evaluate --no-emit-package opencv-python
lock: $(STAMPS)/dev ## Compile the hash-pinned requirements anew
	$(UV) -o requirements/run.txt
	$(UV) --extra dev -o requirements/dev.txt
	$(UV) --extra dev --extra bench --no-emit-package dlib -o requirements/bench.txt

clean: ## Remove the virtual environment and build outputs
	rm -rf $(VENV) web/node_modules build dist
