.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK_VENV := .venv-spark
DUCKDB14_VENV := .venv-duckdb14
# Looked up where it is used: on PATH, or among the versions of pyenv.
PYTHON_313 ?= $(shell for python in python3.13 $$(ls $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*/bin/python 2>/dev/null); do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && command -v $$python && break; done)
# The raw tables of sources that are switched off are the tests' fixtures.
SOURCES := $(shell ls tests/fixtures | sed 's/.*/"&"/' | paste -sd, -)
LINTED := IDENTITY_EVENTS= IDENTITY_AD_SPEND=target/lint_spend.csv IDENTITY_DUCKDB_PATH=target/lint.duckdb IDENTITY_GRAPH_ENGINE=sql
OPTIONAL_MARTS := "activation","events","funnels","journeys","paths","reconciliation","retention","traits"
ALL_SOURCES := IDENTITY_EVENTS= IDENTITY_EXPORTS=target/lint/exports IDENTITY_DUCKDB_PATH=target/lint/lint.duckdb
# No extras (google-auth[requests]) in a lock: older pips then ask for the plain package, and find it not pinned.
LOCK := uv pip compile --quiet --generate-hashes --no-header --strip-extras
LOCK_ALL := $(LOCK) --universal --python-version 3.11
# Nothing is resolved: a lock names each package, what builds one from source (halo, pyspark) among them, and `pip check` says
# whether they fit together. Python compiles what is used, when it is first used; to compile all takes two fifths of an installation.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-build-isolation --use-pep517 --no-compile -r
export DBT_PROFILES_DIR ?= .
# Images of containers often set it, and every command would compile dbt's Python again: more than a processor second each.
unexport PYTHONDONTWRITEBYTECODE
# Packages go into one environment, and only one process may write a database.
.NOTPARALLEL:

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 20

build: setup ## Build everything: seeds, models, tests, docs page, report page; then a short summary
	# dbt's own lines, those of what is made and of what went wrong.
	@set -o pipefail; $(BIN)/dbt build --exclude-resource-type unit_test | grep --line-buffered -vE ' START | PASS '
	$(BIN)/dbt --quiet docs generate --static
	$(BIN)/identity-graph report > /dev/null
	$(BIN)/identity-graph summary

report: setup ## Write the report page again: make report UNMASKED=true PERSON=9cc4479d-a0ee-10e5-30ed-c9b0ae2408d0
	$(BIN)/identity-graph report $(if $(UNMASKED)$(PERSON),--unmasked) $(if $(PERSON),--person '$(subst ','\'',$(PERSON))') \
		$(if $(SINCE),--since $(SINCE)) $(if $(OUT),--out '$(subst ','\'',$(OUT))')

report-picture: setup-dev ## Take the picture of docs/report.md from the demo with all optional marts (needs Chromium)
	$(BIN)/identity-graph report --unmasked --out target/identity_report_picture.html
	$(BIN)/python scripts/report_picture.py target/identity_report_picture.html docs/report.png

export: setup ## Write the public marts as Parquet files with a manifest: make export FOLDER=target/export MASKED=true
	$(BIN)/identity-graph export '$(subst ','\'',$(or $(FOLDER),target/export))' $(if $(filter-out false,$(MASKED)),--masked) $(if $(VARS),--vars '$(VARS)')

activate: setup ## Send destinations what their audiences changed: make activate DESTINATION=kissmetrics DRY_RUN=true
	$(BIN)/identity-graph activate $(if $(DESTINATION),--destination '$(subst ','\'',$(DESTINATION))') \
		$(if $(filter-out false,$(DRY_RUN)),--dry-run) $(if $(filter-out false,$(RESEND)),--resend) \
		$(if $(OUT),--out '$(subst ','\'',$(OUT))')

test: lint setup-bigquery $(DUCKDB14_VENV)/.ready ## Lint, parse without a warning, and run every test, two builds of the demo among them
	# A file of tests to a process, the long ones first: what a file builds is built once. Three on two processors, for tests wait as well.
	IDENTITY_DUCKDB14_PYTHON=$(abspath $(DUCKDB14_VENV)/bin/python) $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations 15

lint: setup-dev ## Check the style of SQL and Python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p target/lint_all && echo date,channel,utm_campaign,cost,currency > target/lint_spend.csv
	@printf '[tool.sqlfluff.templater.dbt.context]\noptional_marts = [$(OPTIONAL_MARTS)]\n' > target/lint_all/pyproject.toml
	# With the engine of warehouses all models are SQL; what is switched off is not looked at.
	$(LINTED) $(BIN)/dbt --quiet build --empty --full-refresh --exclude-resource-type test unit_test snapshot --vars '{optional_marts: [$(OPTIONAL_MARTS)]}'
	$(LINTED) $(BIN)/sqlfluff lint --config target/lint_all/pyproject.toml --processes 2 models tests analyses

lint-sources: setup-dev ## Check the style of every source's SQL, those that are switched off too (minutes)
	rm -rf target/lint && mkdir -p target/lint
	$(BIN)/python tests/python/source_fixtures.py target/lint/exports
	printf '[tool.sqlfluff.templater.dbt.context]\nevent_sources = [$(SOURCES)]\n' > target/lint/pyproject.toml
	$(ALL_SOURCES) $(BIN)/dbt --quiet build --empty --exclude-resource-type test unit_test snapshot --vars '{event_sources: [$(SOURCES)]}'
	$(ALL_SOURCES) $(BIN)/sqlfluff lint --config target/lint/pyproject.toml --processes 2 models/staging

format: setup-dev ## Rewrite SQL and Python in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix models tests analyses

check-source: setup ## Say what a build would make of a source's files, before it: make check-source SOURCE=ga4 ROWS=50000
	$(BIN)/identity-graph check-source $(or $(SOURCE),generic) $(if $(ROWS),--rows $(ROWS)) $(if $(VARS),--vars '$(subst ','\'',$(VARS))')

check-taxonomy: setup ## Fail where seeds/event_taxonomy.csv breaks a promise of another commit: make check-taxonomy BASE=main
	$(BIN)/python scripts/check_taxonomy.py --base $(or $(BASE),main) $(if $(DATABASE),--database $(DATABASE))

check-metrics: setup ## Fail where a metric changed without a new version since another commit: make check-metrics BASE=main
	$(BIN)/python scripts/check_metrics.py --base $(or $(BASE),main)

verify-erasure: setup ## Prove that nothing of erased persons is left, in any column and in the bytes of the file
	$(BIN)/identity-graph verify-erasure $(if $(DATABASE),--database $(DATABASE))

retention-dry-run: setup ## What retention periods would remove: make retention-dry-run PERIODS=changed_retention_periods.csv
	$(BIN)/identity-graph retention-dry-run $(PERIODS) $(if $(DATABASE),--database $(DATABASE))

quality: setup ## Precision and recall at 1 million generated events, under three versions of the rules
	$(BIN)/python scripts/bench_quality.py

test-incremental: setup-dev ## Days of random streams, each compared with a rebuild: make test-incremental INCREMENTAL_DAYS=300
	INCREMENTAL_DAYS=$${INCREMENTAL_DAYS:-300} $(BIN)/python -m pytest -s tests/python/test_incremental.py tests/python/test_erasure.py tests/python/test_features.py tests/python/test_retention.py tests/python/test_sources.py

test-spark: setup-dev setup-bigquery $(SPARK_VENV)/.ready ## Run the Python models, as dbt submits them to Dataproc, on local Spark (needs Java 17)
	IDENTITY_SPARK_PYTHON=$(abspath $(SPARK_VENV)/bin/python) $(BIN)/python -m pytest -s tests/python/test_spark.py

test-bigquery: test-spark ## The demo on a BigQuery emulator: every statement analyzed, every mart compared (needs Python 3.13)
	@if [ -z "$(PYTHON_313)" ]; then echo "SKIPPED test-bigquery: no Python 3.13 was found (PYTHON_313=...), which the emulator needs"; \
	else $(MAKE) --no-print-directory $(VENV)-bigquery/.ready && $(VENV)-bigquery/bin/python -m pytest tests/bigquery; fi

bench: setup ## Full build and one day's increment at 1 and 10 million generated events
	$(BIN)/python scripts/bench_build.py --events 1000000 10000000

bench-graph: setup ## Components and chain links against other ways of finding them
	$(BIN)/python scripts/bench_graph.py

bench-peers: setup ## What people would pick instead: by hand on 1 million events, and components of 10 million records
	$(BIN)/python scripts/bench_peers.py
	$(BIN)/python scripts/bench_graph.py --nodes 10000000 --shape records --skip linking --timeout 900 \
		$(if $(SPLINK_PYTHON),--splink-python '$(subst ','\'',$(SPLINK_PYTHON))')

bench-latency: setup ## Time from an event's arrival until it stands in its cohort
	$(BIN)/python scripts/bench_latency.py

demo-events: setup ## Make the demo's raw events again, as they lie in seeds/demo
	$(BIN)/python scripts/generate_events.py --events 20000 --seed 7 --days 45 --start 2026-01-05 --text-times \
		--out seeds/demo/events.parquet --truth seeds/demo/truth.parquet

clean: ## Remove what builds leave behind, the database included
	rm -rf target logs identity_graph.duckdb identity_graph.duckdb.wal

setup: $(VENV)/.ready-command profiles.yml ## Install the locked packages that a build on DuckDB needs, and copy the example profile

setup-dev: setup $(VENV)/.ready-dev ## Install what tests and style checks need as well

setup-kafka: setup $(VENV)/.ready-kafka ## Install what reads from and writes to Kafka as well

setup-bigquery: setup $(VENV)/.ready-bigquery ## Install dbt-bigquery as well: before the first build on BigQuery, and after updates

locks: ## Lock packages anew after a change in pyproject.toml (needs uv): make locks UPGRADE='--upgrade-package duckdb'
	mkdir -p target
	cat requirements.lock requirements-build.lock requirements-dev.lock requirements-bigquery.lock requirements-kafka.lock > target/all.lock
	$(LOCK_ALL) $(UPGRADE) --extra dev --extra bigquery --extra kafka --group build pyproject.toml --output-file target/all.lock
	cp target/all.lock requirements-build.lock
	$(LOCK_ALL) --group build --output-file requirements-build.lock
	cp target/all.lock requirements.lock
	$(LOCK_ALL) pyproject.toml --output-file requirements.lock
	for extra in dev bigquery kafka; do cp target/all.lock requirements-$$extra.lock && \
		$(LOCK_ALL) --extra $$extra pyproject.toml --output-file requirements-$$extra.lock \
			$$(sed -nE 's/^([^ =]+)==.*/--no-emit-package \1/p' requirements.lock) || exit 1; done
	$(LOCK_ALL) $(UPGRADE) --group spark --output-file requirements-spark.lock
	cd tests/bigquery && $(LOCK) $(UPGRADE) --python-version 3.13 --no-annotate --override overrides.txt requirements.in \
		--output-file requirements.lock

# A new environment, so that nothing is left of another lock or another Python.
$(VENV)/.ready: requirements-build.lock requirements.lock
	rm -rf $(VENV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=...)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) requirements-build.lock
	$(BIN)/python $(INSTALL) requirements.lock
	$(BIN)/python -m pip check
	@touch $@

# The command identity-graph, from this folder; nothing is fetched for it.
$(VENV)/.ready-command: pyproject.toml $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check
	@touch $@

$(VENV)/.ready-dev $(VENV)/.ready-bigquery $(VENV)/.ready-kafka: $(VENV)/.ready-%: requirements-%.lock $(VENV)/.ready
	$(BIN)/python $(INSTALL) $<
	$(BIN)/python -m pip check
	@touch $@

$(SPARK_VENV)/.ready: requirements-build.lock requirements-spark.lock
	rm -rf $(SPARK_VENV)
	$(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python $(INSTALL) requirements-build.lock
	$(SPARK_VENV)/bin/python $(INSTALL) requirements-spark.lock
	$(SPARK_VENV)/bin/python -m pip check
	@touch $@

# An older DuckDB, as BI tools bring it: it reads what this project writes.
$(DUCKDB14_VENV)/.ready: tests/duckdb14/requirements.lock
	rm -rf $(DUCKDB14_VENV)
	$(PYTHON) -m venv $(DUCKDB14_VENV)
	$(DUCKDB14_VENV)/bin/python $(INSTALL) $<
	@touch $@

# The emulator wants an older DuckDB than it says, so these do not fit together by what they say.
$(VENV)-bigquery/.ready: tests/bigquery/requirements.lock
	rm -rf $(VENV)-bigquery
	$(PYTHON_313) -m venv $(VENV)-bigquery
	$(VENV)-bigquery/bin/python $(INSTALL) $<
	@touch $@

profiles.yml:
	cp profiles.example.yml profiles.yml

.PHONY: help build report report-picture export test test-bigquery test-incremental test-spark lint lint-sources format check-source check-taxonomy check-metrics verify-erasure retention-dry-run quality bench bench-graph bench-peers bench-latency demo-events clean setup setup-dev setup-kafka setup-bigquery locks
