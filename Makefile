# Everything runs in .venv, which the first target to need it creates from requirements.lock.
PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest check bench docs leaderboards lock lock-oldest clean

help:           ## say what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 16

# A mark is written last, so that an interrupted installation is not taken for a finished one.
.venv/requirements: requirements.lock
	rm -rf .venv
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "fsbench needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2]'
	@echo "setting up .venv, once: pip downloads the libraries of requirements.lock and says nothing while it works, for some minutes"
	$(PYTHON) -m venv .venv
	$(PIP) install -r requirements.lock
	touch $@

.venv/installed: .venv/requirements setup.cfg pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	touch $@

demo: .venv/installed   ## the main job on the sample benchmark; results in demo/
	$(BIN)/fsbench warm
	$(BIN)/fsbench demo --out demo --jobs $(JOBS)

test: .venv/installed   ## unit, laws, golden, cli, faults, doctests
	$(BIN)/python -m pytest -n 2

# Old libraries warn of what newer ones have changed since; only here that is no error.
test-oldest: .venv.oldest/installed ## the same tests with the oldest version of every dependency
	.venv.oldest/bin/python -m pytest -n 2 -o filterwarnings=default

.venv.oldest/installed: requirements-oldest.lock
	rm -rf .venv.oldest
	$(PYTHON) -m venv .venv.oldest
	.venv.oldest/bin/pip --disable-pip-version-check --quiet install -r requirements-oldest.lock
	.venv.oldest/bin/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	touch $@

check: .venv/installed  ## what CI runs: format, lint, types, boards, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/fsbench leaderboard check
	$(MAKE) test

bench: .venv/installed  ## throughput against the plain evaluator, into bench/
	$(BIN)/python bench/throughput.py

docs: .venv/docs        ## the documentation site, into build/docs, without a warning
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

.venv/docs: .venv/installed requirements-docs.lock
	$(PIP) install -r requirements-docs.lock
	touch $@

leaderboards: .venv/installed   ## regenerate everything in leaderboards/ that is derived
	$(BIN)/fsbench leaderboard build

lock:           ## pin what setup.cfg's ranges give today
	rm -rf .venv.lock
	$(PYTHON) -m venv .venv.lock
	.venv.lock/bin/pip --disable-pip-version-check --quiet install '.[dev]'
	.venv.lock/bin/python tools/write_lock.py lock > requirements.lock
	rm -rf .venv.lock

lock-oldest:    ## pin the oldest versions in setup.cfg's ranges
	rm -rf .venv.lock
	$(PYTHON) -m venv .venv.lock
	.venv.lock/bin/python tools/oldest_ranges.py > .venv.lock/ranges
	.venv.lock/bin/pip --disable-pip-version-check --quiet install -r .venv.lock/ranges
	.venv.lock/bin/python tools/write_lock.py lock-oldest > requirements-oldest.lock
	rm -rf .venv.lock

clean:          ## remove what make made
	rm -rf .venv .venv.oldest .venv.lock build demo fsbench.egg-info .pytest_cache .mypy_cache .ruff_cache
