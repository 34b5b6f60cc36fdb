# Everything a developer types. A machine with Python 3.11 or newer, pip and make needs nothing else:
# each target first makes .venv from the hash-locked constraints files, once for each change of them.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUNNABLE := $(VENV)/.runnable
INSTALLED := $(VENV)/.installed

# Where the reports of the test runs go; .ci/run reads them.
REPORTS ?= .reports
ARGS ?=
COMMANDS ?= 100000000
# Many tests wait for a venue rather than for the processor, so three files at a time on two cores.
WORKERS ?= -n 3 --dist loadfile --no-loadscope-reorder
# Then linear algebra on more threads than one only waits for itself.
export OPENBLAS_NUM_THREADS ?= 1

# The second and third run take only what goes through the kernel.
KERNEL_TESTS := $(wildcard tests/kernel tests/scenarios tests/backtest tests/conformance)

PIP_FLAGS := -qq --no-input --disable-pip-version-check --no-compile
# Chosen when it is called, because the environment is there only then.
PIP = $$(test -x $(BIN)/pip && echo "$(BIN)/python -m pip" || echo "$(PYTHON) -m pip --python $(BIN)/python")
# With uv, in a tenth of the time; with pip, should uv not find what pip is set up to find.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) 2>/dev/null || $(PIP) install $(PIP_FLAGS) $(1)

.PHONY: setup demo test test-fuzz test-uncompiled test-bounds test-clients asyncapi clients kernel lint check fuzz ws-conformance bench bench-backtest bench-gateway curves papers fix lock clean
.DEFAULT_GOAL := setup

setup: $(INSTALLED)

# What runs: the dependencies and the project. No byte code: Python makes it for the few modules it needs.
$(RUNNABLE): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "gpux: needs Python 3.11 or newer; none found on PATH (or: make PYTHON=/path/to/python)"; exit 1; }
	@echo "gpux: making $(VENV) and installing the locked dependencies (once, a quarter of a minute)"
	@# Debian's Python comes without ensurepip: there the machine's own pip installs into the environment.
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' constraints-dev.txt | $(PIP) install $(PIP_FLAGS) --require-hashes -r /dev/stdin
	@$(call INSTALL,--require-hashes -r constraints.txt)
	@$(call INSTALL,--no-deps --no-build-isolation -e .)
	@touch $@

# What checks: the linters and the test tools, too.
$(INSTALLED): $(RUNNABLE) constraints-dev.txt
	@echo "gpux: installing the locked development tools (once, a quarter of a minute)"
	@$(call INSTALL,--require-hashes -r constraints-dev.txt)
	@touch $@

demo: $(RUNNABLE)
	@$(BIN)/gpux demo $(ARGS)

test: $(INSTALLED)
	@echo "gpux: tests"
	@$(BIN)/pytest -rs $(WORKERS) --junitxml=$(REPORTS)/compiled.xml $(ARGS)

# What `make test` leaves of the random commands when `make check` gives them a run of their own.
test-fuzz: $(INSTALLED)
	@echo "gpux: a million random commands through the kernel and the reference"
	@GPUX_FUZZ_COMMANDS=1000000 $(BIN)/pytest -rs -n 2 --junitxml=$(REPORTS)/fuzz.xml tests/kernel/test_differential.py

test-uncompiled: $(INSTALLED)
	@echo "gpux: tests of the kernel, uncompiled, which must reach every line of it"
	@mkdir -p $(REPORTS)
	@NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -rs -m "not compiled" --junitxml=$(REPORTS)/uncompiled.xml $(KERNEL_TESTS)
	@$(BIN)/coverage report

test-bounds: $(INSTALLED)
	@echo "gpux: tests of the kernel, every index checked"
	@NUMBA_BOUNDSCHECK=1 $(BIN)/pytest -rs --junitxml=$(REPORTS)/bounds.xml $(KERNEL_TESTS)

lint: $(INSTALLED)
	@echo "gpux: ruff, mypy, import-linter"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --strict --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

# Else each of the first tests would compile it, as many at a time as there are workers.
kernel: $(RUNNABLE)
	@echo "gpux: compiling the kernel"
	@$(BIN)/python -c "from exchange.engine.playing import Player; Player()"

# First what needs one core each. Then the tests have the machine to themselves, three files at a time; the other
# runs share it, the longest first.
check: $(INSTALLED)
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint kernel asyncapi clients
	@GPUX_FUZZ_COMMANDS=30000 $(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory -j2 --output-sync=target test-uncompiled test-bounds test-fuzz test-clients

# What /asyncapi.json is held against: the schema of AsyncAPI, which npm has and PyPI does not.
ASYNCAPI := .venv-asyncapi

$(ASYNCAPI)/.installed: tests/gateway/asyncapi/package.json tests/gateway/asyncapi/package-lock.json
	@command -v npm >/dev/null || { echo "gpux: the schema of AsyncAPI comes with npm; install npm"; exit 1; }
	@mkdir -p $(ASYNCAPI)
	@cp $^ $(ASYNCAPI)
	@npm ci --prefix $(ASYNCAPI) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

asyncapi: $(ASYNCAPI)/.installed

bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks $(ARGS)

# hftbacktest wants another NumPy than we do, so it has an environment of its own.
BENCH_VENV := .venv-bench
BENCH_INSTALLED := $(BENCH_VENV)/.installed

$(BENCH_INSTALLED): constraints-bench.txt $(INSTALLED)
	@echo "gpux: making $(BENCH_VENV) and installing hftbacktest (once, a minute)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(BENCH_VENV)
	@$(BIN)/uv pip install --quiet --python $(BENCH_VENV)/bin/python --require-hashes -r constraints-bench.txt
	@touch $@

bench-backtest: $(BENCH_INSTALLED)
	@$(BIN)/python -m benchmarks.backtest --rival $(BENCH_VENV)/bin/python $(ARGS)

bench-gateway: $(INSTALLED)
	@$(BIN)/python -m benchmarks.gateway $(ARGS)

# Clients of others, each in an environment of its own. Two of them want Python 3.12.
CLIENTS := .venv-clients
CLIENTS_PYTHON ?= $(shell for python in python3.12 python3 $(HOME)/.pyenv/versions/3.12.*/bin/python3.12; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null && $$python -c 'import sys; print(sys.executable)' && break; done)

$(CLIENTS)/%/.installed: tests/clients/locks/%.txt $(INSTALLED)
	@test -n "$(CLIENTS_PYTHON)" || { echo "gpux: the clients need Python 3.12; none found (or: make CLIENTS_PYTHON=/path/to/python3.12)"; exit 1; }
	@echo "gpux: making $(@D) (once, a quarter of a minute)"
	@mkdir -p $(CLIENTS)
	@$(BIN)/uv venv --quiet --clear --no-python-downloads --python $(CLIENTS_PYTHON) $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $<
	@touch $@

clients: $(foreach client,ccxt nautilus cryptofeed,$(CLIENTS)/$(client)/.installed)

test-clients: clients
	@echo "gpux: ccxt, ccxt.pro, nautilus_trader and cryptofeed trade and listen, unmodified"
	@GPUX_CLIENTS=$(CLIENTS) $(BIN)/pytest -rs --junitxml=$(REPORTS)/clients.xml tests/clients

curves: $(INSTALLED)
	@$(BIN)/python -m benchmarks.curves $(ARGS)

papers: $(INSTALLED)
	@$(BIN)/python -m benchmarks.papers $(ARGS)

# Autobahn's suite for WebSockets runs under Python 2.7 only, and has an environment of its own.
WS_VENV := .venv-ws
PYTHON2 ?= $(shell for python in python2.7 python2 $(HOME)/.pyenv/versions/2.7*/bin/python2.7; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null && echo $$python && break; done)

$(WS_VENV)/.installed: constraints-ws.txt
	@test -n "$(PYTHON2)" || { echo "gpux: the suite needs Python 2.7; none found (or: make ws-conformance PYTHON2=/path/to/python2.7)"; exit 1; }
	@echo "gpux: installing Autobahn's suite into $(WS_VENV) (once, a minute)"
	@rm -rf $(WS_VENV)
	@PYTHONWARNINGS=ignore $(PYTHON2) -m pip install $(PIP_FLAGS) --require-hashes --no-deps --target $(WS_VENV) -r constraints-ws.txt 2>$(WS_VENV).log \
		|| { cat $(WS_VENV).log; exit 1; }
	@rm -f $(WS_VENV).log
	@touch $@

ws-conformance: $(WS_VENV)/.installed $(INSTALLED)
	@$(BIN)/python -m tests.gateway.autobahn $(PYTHON2) \
		-c "import site; site.addsitedir('$(CURDIR)/$(WS_VENV)'); from autobahntestsuite.wstest import run; run()"

fix: $(INSTALLED)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

UV_PLAIN = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header
UV_COMPILE = $(UV_PLAIN) --python-version 3.11 pyproject.toml
UV_LOCK = $(UV_PLAIN) --upgrade -

lock: $(INSTALLED)
	@$(UV_COMPILE) --upgrade --group build --group dev --output-file constraints-dev.txt
	@$(UV_COMPILE) --group build --constraints constraints-dev.txt --output-file constraints.txt
	@echo hftbacktest | $(UV_LOCK) --python-version 3.11 --output-file constraints-bench.txt
	@echo "ccxt==4.5.90" | $(UV_LOCK) --python-version 3.12 --output-file tests/clients/locks/ccxt.txt
	@echo "nautilus_trader==1.231.0" | $(UV_LOCK) --python-version 3.12 --output-file tests/clients/locks/nautilus.txt
	@echo "cryptofeed==2.5.0" | $(UV_LOCK) --python-version 3.12 --output-file tests/clients/locks/cryptofeed.txt
	@! grep -nE '://|^-' constraints*.txt tests/clients/locks/*.txt || { echo "gpux: a lock names a host or an option"; exit 1; }

clean:
	@rm -rf $(VENV) $(BENCH_VENV) $(WS_VENV) $(CLIENTS) $(ASYNCAPI) .reports .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
