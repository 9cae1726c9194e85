# Everything starts here. On a machine with only Python 3.11, pip and make, each target sets up
# what it needs; nothing has to be installed by hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make

.PHONY: run test check fix bench setup web lock clean

run: setup ## the demo: everything on this machine; prints the page to open
	$(BIN)/crossdock demo

setup: $(STAMPS)/python web ## .venv with everything in it, and the browser half built

$(STAMPS)/python: requirements-dev.txt pyproject.toml
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements-dev.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

web: $(STAMPS)/web

$(STAMPS)/web: $(STAMPS)/node $(shell find web src/crossdock -name '*.ts' -o -name '*.css' -o -name '*.html' 2>/dev/null | grep -v web_assets)
	$(BIN)/python tools/npm.py run build
	@touch $@

$(STAMPS)/node: $(STAMPS)/python package-lock.json
	$(BIN)/python tools/npm.py ci
	@touch $@

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock: ## lock the dependencies anew; a uv.lock would name the registry, so requirements files it is
	VIRTUAL_ENV=$(VENV) $(BIN)/$(LOCK) pyproject.toml -o requirements.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/$(LOCK) --group dev --constraints requirements.txt pyproject.toml -o requirements-dev.txt
