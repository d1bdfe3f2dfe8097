# Everything a person or a machine does with this repository. `make` alone lists the targets.
# From nothing but Python 3.11+, git and make: `make sandbox` runs the bot against real parts, `make test` is the gate.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
INSTALLED := .venv/.installed
TOUR ?=
FUZZ_SECONDS ?= 600
CHAOS_RUNS ?= 400
PYTEST ?=
export PYTHON FUZZ_SECONDS

# $(call each,GLOB): runs every matching file as a module, one after the other; says so when there is none.
define each
@shopt -s nullglob; files=($(1)); \
if [ $${#files[@]} = 0 ]; then echo "no file matches $(1)" >&2; exit 1; fi; \
for file in "$${files[@]}"; do module=$${file%.py}; echo "== $$file"; $(BIN)/python -m "$${module//\//.}"; done
endef

.PHONY: help venv node-parts fonts gallery test lint types contracts pytest sandbox bench fuzz chaos lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(INSTALLED) ## .venv from the hashed lock (done once, and again when the lock changes)

$(INSTALLED): requirements.lock pyproject.toml tools/venv
	@tools/venv
	@touch $@

node-parts: $(INSTALLED) ## the parts from the npm registry (gun relay, Ethereum node), by lock file
	@$(BIN)/python -m maskbot.sandbox.node install

fonts: $(INSTALLED) ## the fonts of the cards, cut from PyPI and npm packages into .fonts/ (done once)
	@$(BIN)/python -m maskbot.adapters.card_renderer.font_install

gallery: fonts ## 24 cards, the awkward ones included, and one contact sheet in .gallery/
	@$(BIN)/python -m tests.gallery

test: lint types contracts pytest ## the gate: lint, types, import contracts, tests

lint: $(INSTALLED) ## ruff, rules and format
	@echo "== ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --line-length 120 .

types: $(INSTALLED) ## mypy, strict
	@echo "== mypy"
	@$(BIN)/mypy

contracts: $(INSTALLED) ## import contracts between the rooms
	@echo "== import contracts"
	@$(BIN)/lint-imports

pytest: $(INSTALLED) node-parts fonts ## the tests alone; PYTEST="-k words" narrows them
	@echo "== pytest"
	@$(BIN)/pytest -n 2 $(PYTEST)

sandbox: $(INSTALLED) node-parts fonts ## the bot and its outside world on loopback; TOUR=only leaves after the tour
	@exec $(BIN)/maskbot sandbox --tour $(or $(TOUR),yes)

bench: $(INSTALLED) node-parts fonts ## every benchmark, each beside a bare limit of the same run
	$(call each,tests/bench/bench_*.py)

fuzz: $(INSTALLED) ## every fuzz target, FUZZ_SECONDS each (600)
	$(call each,tests/fuzz/fuzz_*.py)

chaos: $(INSTALLED) node-parts fonts ## kills at random and at enumerated points, at full length
	$(call each,tests/chaos/chaos_*.py)
	@echo "== the payment machine, $(CHAOS_RUNS) runs of 50 steps"
	@MASKBOT_CHAOS_PAYMENT_RUNS=$(CHAOS_RUNS) $(BIN)/pytest -q tests/unit/flows/payments/test_payment_machine.py

# uv resolves for every Python and platform at once; the lock names packages and hashes, never where they come from.
lock: $(INSTALLED) ## write requirements.lock anew from pyproject.toml
	@test -x build/lock/bin/uv || { $(BIN)/python -m venv build/lock && build/lock/bin/pip install -q uv; }
	@build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-emit-find-links --all-extras --quiet --output-file requirements.lock pyproject.toml
	@if grep -nE '^(--|https?:)|@ (https?|file):' requirements.lock; then echo 'the lock names a place' >&2; exit 1; fi

clean: ## remove what the targets above made (.venv, npm parts, caches)
	@rm -rf .venv .node .fonts .gallery build .mypy_cache .ruff_cache .import_linter_cache
