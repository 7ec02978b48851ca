# make run    sets everything up and starts the watcher and the pages
# make test   sets everything up and runs the whole test suite
PYTHON ?= python3
PY := .venv/bin/python
STAMP := .venv/.installed

.PHONY: setup run test lint bench

setup: $(STAMP)

$(STAMP): requirements.txt
	@echo "Installing the pinned requirements into .venv (a few minutes, once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "MeterSieve needs Python 3.11 or newer: make PYTHON=python3.11")'
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $(STAMP)

run: setup
	@$(PY) -m daemon run --ui

test: setup lint
	@.ci/install-tools
	@# no restart: xdist 3.8.0 waits for ever for the tests of a process that died and was replaced (pytest-xdist #1327)
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: setup
	@for script in $(filter-out benchmarks/build_datasets.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; PYTHONPATH=. $(PY) "$$script" || exit 1; done
