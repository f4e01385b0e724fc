# One .venv in the checkout, made once and brought up to date when a pin changes. `make run PYTHON=python3.13` picks
# another interpreter for a new .venv; ARGS passes options on: `make run ARGS=--keep`, `make test ARGS="-k codes"`.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
MADE := $(VENV)/.made
RUNS := $(VENV)/.ready-to-run
TESTS := $(VENV)/.ready-to-test
PIN := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make constraints" --quiet

.PHONY: run test check lint snapshots pictures wheel constraints clean

run: $(RUNS)  ## set everything up and open the app on a demo workspace
	@$(BIN)/cerby-tui demo $(ARGS)

test: $(TESTS)  ## set everything up and run the tests
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: lint test  ## what CI runs

lint: $(TESTS)  ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

snapshots: $(TESTS)  ## take the pictures of the screens again; look at every one that changed
	@$(BIN)/python -m pytest -n 2 tests/ui --snapshot-update $(ARGS)

pictures: $(TESTS)  ## take the pictures of the README again
	@$(BIN)/python -m docs.pictures.make

wheel: $(TESTS)  ## build the wheel, and try it in an empty environment
	@$(BIN)/python -m pytest -m registry tests/test_wheel.py $(ARGS)

constraints: $(TESTS)  ## choose the newest releases that pyproject.toml allows, and pin them
	@$(PIP) install "uv>=0.13,<1"
	@$(BIN)/$(PIN) --upgrade --extra dev --output-file constraints-dev.txt
	@$(BIN)/$(PIN) --extra build --extra service --constraints constraints-dev.txt --output-file constraints.txt

clean:  ## forget the environment and everything that was built
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "cerby-tui needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make environments: its venv module is missing (on Debian: apt install python3-venv)"; exit 1; }
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNS): $(MADE) constraints.txt pyproject.toml
	@echo "Installing what cerby-tui needs …"
	@$(PIP) install --require-hashes -r constraints.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(TESTS): $(RUNS) constraints-dev.txt
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r constraints-dev.txt
	@touch $@
