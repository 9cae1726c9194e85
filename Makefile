# Everything starts here. On a machine with only Python 3.11, pip and make, each target sets up
# what it needs: Python packages and Node in .venv, the browser half built with it, Chromium
# through apt for the tests. Nothing has to be installed by hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
# Node comes from the wheel in .venv, so that everyone builds with the same one.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
UV := VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv
WEB_SOURCES := $(shell find web src/crossdock \( -name '*.ts' -o -name '*.tsx' -o -name '*.svg' -o -name '*.css' -o -name '*.html' \) -not -path '*/web_assets/*' -not -path '*/node_modules/*')
# Tests run on both cores; the browser and the servers they start need the rest of the memory.
WORKERS ?= 2
# A test in a browser may fail because of the machine: three tests a run get a second try, and the end
# of the run shows why they needed it. What shows that nothing is lost gets none.
SECOND_TRY = --reruns 1 --max-suite-reruns 3 --rerun-show-tracebacks \
	--rerun-exclude-path tests/crash --rerun-exclude-path tests/spec --rerun-exclude-path tests/fuzz
# Of `make crash`: the same seed makes the same faults and the same traffic.
SEED ?= $(shell date +%s)
MINUTES ?= 10
# Of `make late`: how late an answer comes to a page of the app at most.
MILLISECONDS ?= 2000
# Of `make fuzz`: how many times as many examples as `make test` tries.
TIMES ?= 20

.PHONY: help run test check fix crash fuzz late bench setup web chromium screenshots generate lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

run: setup ## the demo: everything on this machine; ARGS="--port 8081" for another port
	$(BIN)/crossdock demo $(ARGS)

test: setup chromium ## pytest and vitest, browser included
	$(NPM) test
	$(BIN)/pytest -n $(WORKERS) $(SECOND_TRY) $(PYTEST_ARGS)

check: setup ## everything else CI runs: format, lint, imports, types, dependencies, web, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/deptry .
	$(BIN)/codespell
	$(NPM) run lint
	$(NPM) run types
	$(BIN)/python tools/generate.py --check

fix: setup ## format, and every safe fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run fix

crash: setup ## faults at random for MINUTES from SEED; nothing may be lost, made up or out of order
	$(BIN)/python -m tests.crash.run --seed $(SEED) --minutes $(MINUTES)

fuzz: setup ## the property and fuzz tests, TIMES times as long
	CROSSDOCK_FUZZ_TIMES=$(TIMES) $(BIN)/pytest -n $(WORKERS) -o timeout=0 tests/fuzz tests/kit $(PYTEST_ARGS)

late: setup chromium ## the app's tests on a bad line: answers come late, and in any order
	CROSSDOCK_LATE_MILLISECONDS=$(MILLISECONDS) $(BIN)/pytest -n $(WORKERS) tests/app $(PYTEST_ARGS)

bench: setup ## the figures in docs/benchmarks.md, measured again
	$(BIN)/python -m bench.all

screenshots: setup chromium ## the pictures in docs/images, taken again
	$(BIN)/python tools/screenshots.py

generate: setup ## the reference pages that are made from code
	$(BIN)/python tools/generate.py

setup: $(STAMPS)/python $(STAMPS)/web ## .venv with everything in it, and the browser half built

web: $(STAMPS)/web ## the browser half: Analytics.js, plugins, sandbox pages

chromium: $(STAMPS)/python ## the browser of the tests, through apt where there is none
	$(BIN)/python tools/chromium.py

$(STAMPS)/python: requirements-dev.txt pyproject.toml
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip sync --quiet --require-hashes requirements-dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/node: package.json package-lock.json $(wildcard web/*/package.json) | $(STAMPS)/python
	$(NPM) ci --no-progress --loglevel=error
	@touch $@

$(STAMPS)/web: $(STAMPS)/node tools/build_web.mjs $(WEB_SOURCES)
	$(NPM) run --silent build
	@touch $@

# A uv.lock would name the registry's hosts, so the lock is two requirements files with hashes.
LOCK := pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock: $(STAMPS)/python ## lock all dependencies anew
	$(UV) $(LOCK) --upgrade pyproject.toml -o requirements.txt
	$(UV) $(LOCK) --upgrade --group dev --constraints requirements.txt pyproject.toml -o requirements-dev.txt
	$(NPM) update

clean: ## remove all that was made here, but no data
	rm -rf $(VENV) $(STAMPS) node_modules src/crossdock/web_assets .mypy_cache .ruff_cache .pytest_cache
