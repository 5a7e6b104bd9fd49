# Each target is a plain command or two; without make, type them yourself (on Windows with .venv\Scripts for .venv/bin).
PYTHON ?= python3
VENV ?= .venv
RECIPE ?= digits

.PHONY: train test test-long clean

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
test-long: $(VENV)/installed-dev
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev,bench]'
	$(VENV)/bin/pytest -m 'reference or long'

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
