# Each target is a plain command or two; without make, type them yourself (on Windows with .venv\Scripts for .venv/bin).
PYTHON ?= python3
VENV ?= .venv
RECIPE ?= digits

.PHONY: train test test-long lock lock-check clean

# Train the recipe on the embedded digits.
train: $(VENV)/installed
	$(VENV)/bin/chalknet train $(RECIPE)

# Format, lint, types, tests: what has to pass before a change goes in.
test: $(VENV)/installed-dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest

# What takes minutes or needs PyTorch: sweeps over thousands of drawn cases, live comparisons with it.
test-long: $(VENV)/installed-dev lock-check
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev,bench]'
	$(VENV)/bin/pytest -m 'reference or long'

# Pin what pyproject.toml asks for anew, as it is today: every version with its hashes, for every platform.
LOCK = $(VENV)/bin/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet
lock: $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet uv
	$(LOCK) pyproject.toml --output-file requirements.lock
	echo 'hatchling>=1.27' | $(LOCK) --extra dev pyproject.toml - --output-file requirements-dev.lock

# Install what is pinned and nothing else, train with it, then build and run the command in it.
PINNED = $(VENV)/lock/bin/python -m pip install --quiet --require-hashes --only-binary :all: --requirement
lock-check:
	$(PYTHON) -m venv --clear $(VENV)/lock
	$(PINNED) requirements.lock
	$(VENV)/lock/bin/python -m scripts.cli train plain-128 --epochs 1 --quiet --run $(VENV)/lock/run
	$(PINNED) requirements-dev.lock
	$(VENV)/lock/bin/python -m pip install --quiet --no-deps --no-build-isolation .
	$(VENV)/lock/bin/python -m pip check
	cd $(VENV)/lock && bin/chalknet gradcheck plain-128

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
