# Everything a person or CI calls; `make` alone lists it. The targets at the end (build-*) are called by `sam build`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# A machine-wide PYTHONDONTWRITEBYTECODE would recompile every module on every run; a foreign venv would be installed into.
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PYTHONPATH

UV     := .tools/uv/bin/uv
BIN    := .venv/bin
PYTHON := $(BIN)/python
READY  := .venv/.ready
# messages as a function loads them: no MJML, no translation sources
COMPILED := templates/compiled/.made
# every process of a test run has a core of its own
JOBS   ?= auto

.PHONY: help
help:  ## list the targets
	@grep -hE '^[a-z0-9_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# ---------- environment ----------
.PHONY: setup
setup: $(READY) $(COMPILED)  ## make .venv and .tools, install everything, compile the templates

$(UV):
	@python=$$(infra/find_python.sh) || { echo "pastdue needs Python 3.11 or newer on this machine" >&2; exit 1; }; \
	 "$$python" -m venv .tools/uv && .tools/uv/bin/python -m pip install --quiet 'uv>=0.9,<1'

# The lock holds hashes for Python 3.11 and up; our own package is installed editable beside it.
$(READY): requirements-dev.txt pyproject.toml | $(UV)
	@python=$$(infra/find_python.sh) && { [ -x $(PYTHON) ] || $(UV) venv --quiet --python "$$python" .venv; }
	$(UV) pip install --quiet --python $(PYTHON) --require-hashes --requirement requirements-dev.txt
	$(UV) pip install --quiet --python $(PYTHON) --no-deps --editable .
	@touch $@

$(COMPILED): local/compile_templates.py local/settle_templates.py local/template_trees.py core/render/render.py core/render/words.py requirements-dev.txt $(shell find templates/mail templates/locales templates/letters templates/texts -type f 2>/dev/null) | $(READY)
	$(PYTHON) -m local.compile_templates
	@touch $@

# sam-cli pins boto3 and the translator exactly, so it lives in an environment of its own
SAM := .tools/bin/sam
export SAM_CLI_TELEMETRY := 0
$(SAM): | $(UV)
	UV_TOOL_DIR=$(CURDIR)/.tools/tools UV_TOOL_BIN_DIR=$(CURDIR)/.tools/bin \
	  $(UV) tool install --quiet --force --python "$$(infra/find_python.sh)" 'aws-sam-cli==1.170.0'

# MiniStack pins botocore: an environment of its own too. Functions run under its interpreter, so it is Lambda's version.
MINISTACK := .tools/bin/ministack
$(MINISTACK): | $(UV)
	@[ -n "$(PY313)" ] || { echo "no python3.13 on this machine: the packaged functions cannot run here" >&2; exit 1; }
	UV_TOOL_DIR=$(CURDIR)/.tools/tools UV_TOOL_BIN_DIR=$(CURDIR)/.tools/bin \
	  $(UV) tool install --quiet --force --python "$(PY313)" --with 'aws-sam-translator==1.115.0' 'ministack==1.5.33'

LOCK = $(UV) pip compile --quiet $(UPGRADE) --generate-hashes --no-emit-index-url --no-emit-find-links \
       --custom-compile-command "make requirements"
FOR_LAMBDA := --python-platform aarch64-unknown-linux-gnu --python-version 3.13 --constraint requirements-dev.txt
# not shipped a second time by the layers beside the first
IN_DEPS_LAYER := annotated-types pydantic pydantic-core typing-extensions typing-inspection
.PHONY: requirements
requirements: | $(UV)  ## lock again (UPGRADE=--upgrade: newest): for this machine, and the same versions for Lambda
	$(LOCK) --universal --python-version 3.11 --extra local --group dev --output-file requirements-dev.txt pyproject.toml
	$(LOCK) $(FOR_LAMBDA) --output-file requirements.txt pyproject.toml
	$(foreach layer,documents ingest connectors,$(LOCK) $(FOR_LAMBDA) $(IN_DEPS_LAYER:%=--no-emit-package %) \
	  --output-file requirements-$(layer).txt --group pyproject.toml:$(layer) &&) true

# ---------- use ----------
.PHONY: demo
demo: $(READY) $(COMPILED)  ## a believable company lives 90 days; see pastdue-demo/
	$(BIN)/pastdue demo

.PHONY: api
api: $(READY) $(COMPILED)  ## the HTTP API over the state of a demo; make a token with `pastdue token create`
	[ -d pastdue-demo ] || $(BIN)/pastdue demo
	$(BIN)/pastdue api --state pastdue-demo

.PHONY: translations
translations: $(READY)  ## give new sentences of the templates an entry in each language, and tell what is to translate
	@$(PYTHON) -m local.translations update
	@$(PYTHON) -m local.translations check

# ---------- checks ----------
.PHONY: test format lint types contracts template replay check
test: $(READY) $(COMPILED)  ## the suite
	$(PYTHON) -m pytest -n $(JOBS) --dist worksteal -m "not replay and not e2e and not heavy"

format: $(READY)  ## format the code
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

lint: $(READY)  ## formatting and lint rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# not incremental: the cache of a namespace package misses new modules
types: $(READY)  ## strict types
	$(BIN)/mypy --no-incremental

contracts: $(READY)  ## who may import whom
	$(BIN)/lint-imports

# ES6000, ES7000: dead letters have no dead letters; ES1001 is about streams; WS1004 reads only log groups that carry the
# function's name, ours are named by LoggingConfig; WS1000 wants traces of every function, also of those that are started
# once for each batch, where traces cost more than the work. tests/infra holds both to what was chosen.
CFN_LINT := $(BIN)/cfn-lint --region eu-west-1 --append-rules infra/rules --append-rules cfn_lint_serverless.rules \
            --ignore-checks ES6000 --ignore-checks ES7000 --ignore-checks ES1001 --ignore-checks WS1004 --ignore-checks WS1000
template: $(READY) $(SAM)  ## lint the SAM file and its translation
	$(CFN_LINT) --template template.yaml
	@mkdir -p build
	$(PYTHON) -m infra.translate template.yaml > build/translated.json
	$(CFN_LINT) --template build/translated.json
	$(SAM) validate --lint

replay: $(READY) $(COMPILED)  ## the whole of a real ledger and of generated ones, held against an oracle
	$(PYTHON) -m pytest -n $(JOBS) --dist worksteal -m replay tests/replay

.PHONY: heavy
heavy: $(READY) $(COMPILED)  ## a process dies at each point of a night, queues deliver twice; the largest account; what the suite plays short
	$(PYTHON) -m pytest -n $(JOBS) --dist worksteal -m heavy tests/faults tests/scenarios tests/functions tests/connect

.PHONY: pages
pages: $(READY) $(COMPILED)  ## look at every message in a browser (axe-core), and at what mail programs support
	$(PYTHON) -m infra.pages

.PHONY: pictures
pictures: $(READY) $(COMPILED)  ## make the pictures of docs/images again, from the messages and a demo
	$(PYTHON) -m infra.pages.pictures

.PHONY: bench
bench: $(READY) $(COMPILED)  ## what it costs in time, memory and requests: JSON, tables on stderr; ARGS=decide for one
	@$(PYTHON) -m bench $(ARGS)

check: lint types contracts template build test  ## all of the above, and the build

# ---------- long runs ----------
# LAWS_TIMES=50 make laws: so many times the accounts that the suite tries, others in each run
.PHONY: laws mutate
laws: $(READY)  ## look long for an account that breaks a law of the core, and shrink it
	LAWS_TIMES=$${LAWS_TIMES:-20} LAWS_SHRINK=1 $(PYTHON) -m pytest -n $(JOBS) --dist worksteal tests/core/test_laws_*.py

# API_EXAMPLES=2000 make api-fuzz: so many requests an operation
.PHONY: api-fuzz
api-fuzz: $(READY)  ## look long for a request that the API answers as its description does not say
	API_EXAMPLES=$${API_EXAMPLES:-300} $(PYTHON) -m pytest -q tests/functions/test_api_description.py

# schedules by hypothesis, and a long soak whose figures come as JSON (ARGS="--customers 1000 --nights 30 --odds 0.01")
.PHONY: faults soak
faults: $(READY) $(COMPILED)  ## look long for an order of days, faults and people that loses a notice or sends it twice (FAULTS_TIMES=1000)
	FAULTS_TIMES=$${FAULTS_TIMES:-200} $(PYTHON) -m pytest -n $(JOBS) --dist worksteal tests/faults/test_schedules.py \
	  tests/faults/test_kills.py tests/scenarios/test_charges_and_proposals.py

soak: $(READY) $(COMPILED)  ## thousands of customers, thirty nights, one fault in a hundred calls: counts as JSON
	@$(PYTHON) -m tests.faults.soak $(ARGS)

# mutmut changes the code a little at a time and runs the tests that reach it; an environment of its own, as it pins much
MUTATE := .tools/mutate
$(MUTATE)/bin/mutmut: requirements-dev.txt | $(UV)
	$(UV) venv --quiet --clear --python "$$(infra/find_python.sh)" $(MUTATE)
	$(UV) pip install --quiet --python $(MUTATE)/bin/python --require-hashes --requirement requirements-dev.txt
	$(UV) pip install --quiet --python $(MUTATE)/bin/python 'mutmut==3.8.1'

mutate: $(READY) $(MUTATE)/bin/mutmut  ## change the decision core bit by bit: what no test notices (PART="core.decide.tone*" for some; CHILDREN=1 at a time)
	LAWS_TIMES=0.1 CONFORMANCE_DIR=$(abspath $(or $(CONFORMANCE_DIR),../shared/conformance)) \
	  $(MUTATE)/bin/python infra/mutants.py $(and $(CHILDREN),--children $(CHILDREN)) $(PART)

# atheris makes new bytes where they reach new code; where it does not install, hypothesis looks. An environment of its
# own, as it is not for every Python. FUZZ_SECONDS=600 for each parser; PARSER=mt940 for one of tests/fuzz/targets.py
FUZZ := .tools/fuzz
$(FUZZ)/.ready: requirements-dev.txt | $(UV)
	$(UV) venv --quiet --clear --python "$$(infra/find_python.sh)" $(FUZZ)
	$(UV) pip install --quiet --python $(FUZZ)/bin/python --require-hashes --requirement requirements-dev.txt
	$(UV) pip install --quiet --python $(FUZZ)/bin/python 'atheris==3.1.0' || echo "no atheris for this Python" >&2
	@touch $@

.PHONY: fuzz
fuzz: $(FUZZ)/.ready  ## look long for bytes that break a parser of files (PARSER="mt940 camt" for some)
	$(FUZZ)/bin/python -m tests.fuzz.run --seconds $${FUZZ_SECONDS:-60} $(PARSER)

# the wheels of this machine, since the functions run on it and not on Lambda
HERE = $(shell uname -m | sed s/arm64/aarch64/)-$(if $(filter Darwin,$(shell uname -s)),apple-darwin,unknown-linux-gnu)
.PHONY: e2e
e2e: $(READY) $(MINISTACK)  ## one night of the packaged product on a second emulator
	$(MAKE) --no-print-directory build PLAT=$(HERE) BUILD=build/e2e
	$(PYTHON) -m pytest -m e2e tests/e2e

# ---------- artefacts ----------
# PLAT=x86_64-unknown-linux-gnu BUILD=build/x86_64 makes the same artefacts for an emulator on such a machine.
PLAT  ?= aarch64-unknown-linux-gnu
BUILD ?= .aws-sam/build
PY313 := $(shell infra/find_python.sh --exact)

.PHONY: build sizes
build: $(READY) $(COMPILED) $(SAM)  ## layers and functions, as they are deployed
	$(SAM) build --build-dir $(BUILD)

sizes: $(READY)  ## sizes of the built artefacts, as JSON
	@$(PYTHON) -m infra.sizes $(BUILD)

# What follows is called by `sam build`, in the source folder, with ARTIFACTS_DIR set. /opt and /var/task are read-only
# on Lambda: without shipped byte code each cold start compiles. Unchecked, because a zip keeps no modification times.
define compile  # $(1) folder, $(2) where Lambda mounts it
	@find "$(1)" -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -n "$(PY313)" ]; then \
	  "$(PY313)" -m compileall -q -j 1 --invalidation-mode unchecked-hash -s "$(1)" -p "$(2)" "$(1)"; \
	else echo "no python3.13 found: built without byte code, cold starts take longer" >&2; fi
endef

# Code that was made and that nobody reads: its source would be a third of the layer.
define only_byte_code  # $(1) folder
	@find "$(1)" -name '*.cpython-313.pyc' | while read -r code; do \
	  plain="$${code%/__pycache__/*}/$$(basename "$$code" .cpython-313.pyc)" && mv "$$code" "$$plain.pyc" && rm "$$plain.py"; done
endef

# Babel knows every language there is; the layer holds those that the messages speak, in all their countries.
LANGUAGES := root en $(notdir $(wildcard templates/locales/*))
build-DepsLayer: | $(UV)
	$(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.13 \
	  --python-platform $(PLAT) --target "$(ARTIFACTS_DIR)/python" --requirement requirements.txt
	rm -rf "$(ARTIFACTS_DIR)/python/bin" "$(ARTIFACTS_DIR)/python/babel/messages"
	find "$(ARTIFACTS_DIR)/python/babel/locale-data" -name '*.dat' \
	  $(foreach language,$(LANGUAGES),! -name '$(language).dat' ! -name '$(language)_*.dat') -delete
	# of stdnum only check digits are used, none of its registers
	find "$(ARTIFACTS_DIR)/python/stdnum" -name '*.dat' -delete
	$(call compile,$(ARTIFACTS_DIR)/python,/opt/python)

# The typesetter and its fonts, for the one function that makes letters: larger than all else together.
build-DocumentsLayer: | $(UV)
	$(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.13 \
	  --python-platform $(PLAT) --target "$(ARTIFACTS_DIR)/python" --requirement requirements-documents.txt
	rm -rf "$(ARTIFACTS_DIR)/python/bin"
	$(call compile,$(ARTIFACTS_DIR)/python,/opt/python)

# What reads files, and what talks to other systems: each for its own functions.
build-IngestLayer build-ConnectorsLayer: build-%Layer: | $(UV)
	$(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.13 \
	  --python-platform $(PLAT) --target "$(ARTIFACTS_DIR)/python" --requirement requirements-$(shell printf '%s' '$*' | tr '[:upper:]' '[:lower:]').txt
	rm -rf "$(ARTIFACTS_DIR)/python/bin"
	$(call compile,$(ARTIFACTS_DIR)/python,/opt/python)

build-CoreLayer: $(COMPILED)
	mkdir -p "$(ARTIFACTS_DIR)/python/functions" "$(ARTIFACTS_DIR)/python/templates"
	cp -R core "$(ARTIFACTS_DIR)/python/"
	cp -R templates/compiled templates/letters "$(ARTIFACTS_DIR)/python/templates/"
	cp -R functions/shared "$(ARTIFACTS_DIR)/python/functions/"
	$(call compile,$(ARTIFACTS_DIR)/python,/opt/python)
	$(call only_byte_code,$(ARTIFACTS_DIR)/python/templates/compiled)

# PlanRunFunction -> functions/plan_run, under the same path as here: imports read alike on Lambda
build-%Function:
	folder=functions/$$(printf '%s' '$*' | sed -E 's/([a-z])([A-Z])/\1_\2/g' | tr '[:upper:]' '[:lower:]') && \
	mkdir -p "$(ARTIFACTS_DIR)/functions" && cp -R "$$folder" "$(ARTIFACTS_DIR)/functions/"
	$(call compile,$(ARTIFACTS_DIR),/var/task)
