# Everything a user or a developer runs. `make run` and `make test` set themselves up and take no hand work.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SPARK := .venv/.spark
SITE := .venv/.site

.PHONY: run test check lab slow fuzz faults demo gallery site lock clean

run: $(READY)  ## validate the demo records, execute the notebooks, write exports/
	$(BIN)/outcomes run data/demo_sessions.csv --out exports

test: check $(SPARK) $(SITE)  ## lint, types and tests
	$(BIN)/python -m pytest

check: $(READY)  ## lint and types
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

lab: $(READY)  ## JupyterLab on a copy of the notebooks, which read the demo records
	$(BIN)/outcomes lab data/demo_sessions.csv

slow: $(READY) $(SPARK)  ## simulation studies and other long checks
	$(BIN)/python -m pytest -m slow -n 2

fuzz: $(READY)  ## ten processor minutes of damaged and hostile files (nightly)
	$(BIN)/python tests/fuzz_reading.py --minutes 10

faults: $(READY)  ## runs killed, starved and misdirected: nothing destroyed, nothing left (nightly; as root)
	$(BIN)/python tests/faults.py --tries 200

demo: $(READY)  ## regenerate the demo records and data/README.md
	$(BIN)/python -m outcomes.simulate.demo data

gallery: run  ## docs/gallery/: pictures of the demo's pages
	$(BIN)/python tools/gallery.py exports docs/gallery

site: $(SITE)  ## build/site/: the documentation as a site, to read from the folder or put on a server
	$(BIN)/python tools/documentation.py build/site

lock:  ## pin every dependency again (needs uv)
	uv pip compile pyproject.toml --extra app --extra dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-header --no-emit-index-url --quiet --output-file requirements.lock
	uv pip compile requirements-spark.in --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --quiet --output-file requirements-spark.lock
	uv pip compile requirements-site.in --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --quiet --output-file requirements-site.lock

clean:
	rm -rf .venv exports .pytest_cache .mypy_cache .ruff_cache

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Spark only where it can run, or where everything is required.
$(SPARK): requirements-spark.lock $(READY)
	@if [ "$$OUTCOMES_REQUIRE_ALL" = 1 ] || command -v java > /dev/null; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
			--requirement requirements-spark.lock; \
	else echo "no java: the Spark tests will be skipped"; fi
	@touch $@

$(SITE): requirements-site.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-site.lock
	@touch $@
