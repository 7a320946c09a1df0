# Every target does its own set-up: on a fresh machine `make lab` and `make test` are enough.
.PHONY: bench setup packages lab test lint deploy-lint fmt chaos conformance rehearse lock
PY := .venv/bin/python
STAMP := .venv/.ready

setup: $(STAMP)
$(STAMP): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	.venv/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt
	.venv/bin/uv pip install --quiet --python $(PY) --no-deps --editable .
	touch $(STAMP)

lock:
	uv pip compile --quiet --universal --generate-hashes -p 3.11 --no-emit-index-url --custom-compile-command "make lock" requirements/bootstrap.in -o requirements/bootstrap.txt
	uv pip compile --quiet --universal --generate-hashes -p 3.11 --no-emit-index-url --custom-compile-command "make lock" requirements/build.in -o requirements/build.txt
	uv pip compile --quiet --universal --generate-hashes -p 3.11 --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --generate-hashes -p 3.11 --no-emit-index-url --custom-compile-command "make lock" -c requirements/run.txt pyproject.toml --extra lab -o requirements/lab.txt
	uv pip compile --quiet --universal --generate-hashes -p 3.11 --no-emit-index-url --custom-compile-command "make lock" -c requirements/lab.txt -c requirements/build.txt pyproject.toml --extra dev --no-emit-package sfint -o requirements/dev.txt

lab: setup
	.venv/bin/sfint lab

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/sfint runbook lint
	$(PY) tools/lint_manifests.py
	.venv/bin/hadolint Dockerfile
	@$(MAKE) --no-print-directory deploy-lint

# Renders the chart with helm's own engine and holds it against the API's own types and admission code. The first time takes minutes.
deploy-lint:
	@command -v go >/dev/null || { echo "make lint needs Go 1.24 or newer, for the Helm chart: https://go.dev/dl" >&2; exit 1; }
	cd deploy/check && test -z "$$(gofmt -l .)" && go test -count=1 ./...

fmt: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

packages:
	@tools/debian-packages

# Tests wait more than they compute: three at a time on two cores. What shares a world stays with one worker.
test: setup packages
	.venv/bin/pytest -m "not chaos" -n 3

# The Kafka contract over the stand-in and a real Apache Kafka, which is fetched once; docs/conformance.md tells of the other peers.
conformance: setup
	@jars=$$(tools/conformance/fetch-kafka) && SFINT_KAFKA_JARS=$$jars .venv/bin/pytest tests/contracts -k kafka

chaos: setup packages
	.venv/bin/pytest -m chaos --timeout 7200

rehearse: setup
	.venv/bin/sfint rehearse --all

bench: setup
	$(PY) -m bench docs/performance.md
