# The two commands are `make demo` and `make test`; both set up what they need, in .venv-demo and .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q -n 4 --dist worksteal
# Without the settings of pip that would install something else, or elsewhere.
PLAIN := env -u PIP_CONSTRAINT -u PIP_DRY_RUN -u PIP_NO_DEPS -u PIP_NO_INDEX -u PIP_PREFIX -u PIP_REQUIRE_HASHES \
  -u PIP_REQUIREMENT -u PIP_ROOT -u PIP_TARGET -u PIP_USER -u PYTHONPATH PYTHONWARNINGS=ignore

.PHONY: demo wheel test test-slow coverage lint test-all test-lowest registry pictures bench mutants clean

demo: .venv-demo/ready
	@.venv-demo/bin/python -I examples/demo.py .venv-demo/wheels

# The wheel of this tool, to commit into a repository that deploys with it.
wheel: .venv-demo/ready
	@$(PLAIN) .venv-demo/bin/python -m pip wheel -qq --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist/travis_pypi_deploy-*.whl

test: $(VENV)/ready
	@echo "Lint, types and tests: about three minutes on two cores"
	@$(MAKE) --no-print-directory lint
	$(PYTEST) -m "not registry and not slow"

# The tests that take more than 10 seconds each.
test-slow: $(VENV)/ready
	$(PYTEST) -m "slow and not registry"

# The tests once more with coverage, which takes twice as long.
coverage: $(VENV)/ready
	$(PYTEST) --cov --cov-report=term -m "not registry"

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# On every interpreter from 3.9 to 3.13 that is on this machine; says which are not.
test-all:
	.ci/test-all

# With the oldest versions of everything that setup.cfg allows.
test-lowest:
	.ci/test-lowest

# The checks against the newest releases of well-known projects, fetched by pip.
registry: $(VENV)/ready
	$(BIN)/python -m pytest -m registry

# The pictures of the README, from real runs.
pictures: $(VENV)/ready
	$(BIN)/python -m tests.support.pictures

bench:
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install -qq --disable-pip-version-check '.[bench]'
	.venv-bench/bin/python -m benchmarks.bench $(CASES)

# A sample of wrong changes to the modules that decide, which the tests have to notice. It takes up to 20 minutes.
mutants:
	$(PYTHON) -m venv --clear .venv-mutants
	.venv-mutants/bin/python -m pip install -qq --disable-pip-version-check 'cosmic-ray >= 8.4.3'
	.venv-mutants/bin/python .ci/mutants.py $(MUTANTS)

# Each environment has only what its command needs.
$(VENV)/ready .venv-demo/ready: %/ready: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9) and "Python 3.9 or newer is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $* || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $*; this takes up to a minute, the first time only"
	@$(PLAIN) $*/bin/python -m pip install -qq --disable-pip-version-check \
	  --editable '.[$(if $(findstring demo,$*),demo,test)]'
	@$(if $(findstring demo,$*),$(PLAIN) $*/bin/python -m pip download -qq --disable-pip-version-check \
	  --no-deps --dest $*/wheels 'setuptools >= 77')
	@touch $@

clean:
	rm -rf .venv* build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
