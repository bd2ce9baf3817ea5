# Everything a person or CI calls; `make` alone lists it. The targets at the end (build-*) are called by `sam build`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# A machine-wide PYTHONDONTWRITEBYTECODE would recompile every module on every run; a foreign venv would be installed into.
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PYTHONPATH

UV     := .tools/uv/bin/uv
BIN    := .venv/bin
PYTHON := $(BIN)/python
READY  := .venv/.ready
# every process of a test run has a core of its own
JOBS   ?= auto

.PHONY: help
help:  ## list the targets
	@grep -hE '^[a-z0-9_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# ---------- environment ----------
.PHONY: setup
setup: $(READY)  ## make .venv and .tools, install everything

$(UV):
	@python=$$(infra/find_python.sh) || { echo "pastdue needs Python 3.11 or newer on this machine" >&2; exit 1; }; \
	 "$$python" -m venv .tools/uv && .tools/uv/bin/python -m pip install --quiet 'uv>=0.9,<1'

# The lock holds hashes for Python 3.11 and up; our own package is installed editable beside it.
$(READY): requirements-dev.txt pyproject.toml | $(UV)
	@python=$$(infra/find_python.sh) && { [ -x $(PYTHON) ] || $(UV) venv --quiet --python "$$python" .venv; }
	$(UV) pip sync --quiet --python $(PYTHON) --require-hashes requirements-dev.txt
	$(UV) pip install --quiet --python $(PYTHON) --no-deps --editable .
	@touch $@

LOCK = $(UV) pip compile --quiet $(UPGRADE) --generate-hashes --no-emit-index-url --no-emit-find-links \
       --custom-compile-command "make requirements" pyproject.toml
.PHONY: requirements
requirements: | $(UV)  ## lock again (UPGRADE=--upgrade: newest): for this machine, and the same versions for Lambda
	$(LOCK) --universal --python-version 3.11 --extra local --group dev --output-file requirements-dev.txt
	$(LOCK) --python-platform aarch64-unknown-linux-gnu --python-version 3.13 --constraint requirements-dev.txt \
	  --output-file requirements.txt

# ---------- use ----------
.PHONY: demo
demo: $(READY)  ## a believable company lives 90 days; see outbox/
	$(BIN)/pastdue demo

# ---------- checks ----------
.PHONY: test format lint types contracts check
test: $(READY)  ## the suite
	$(PYTHON) -m pytest -n $(JOBS) --dist worksteal -m "not replay"

format: $(READY)  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --select I .

lint: $(READY)  ## formatting and lint rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)  ## strict types
	$(BIN)/mypy

contracts: $(READY)  ## who may import whom
	$(BIN)/lint-imports

check: lint types contracts test  ## all of the above
