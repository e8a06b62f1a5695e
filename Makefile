# make iterate PASSES=8                          the main job on the demo corpus
# make iterate DATA=/my/corpus ARGS="-P epochs=20"
# make test                                      the tests;  make test-all also runs the slow ones
# make test-cluster                              those of a cluster of several nodes, minutes each
# make bench                                     the benchmarks beside plain peers, into benchmarks/results and the README
# make ui                                        the MLflow UI on the job's stores
# make install                                   the environment alone, in .venv

PASSES ?= 8
DATA ?= demo
ARGS ?=
PORT ?= 5000
TESTERS ?= 2
VENV ?= $(CURDIR)/.venv
PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3 python,$(shell command -v $(p) >/dev/null 2>&1 \
	&& $(p) -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1 \
	&& echo $(p))))
READY := $(VENV)/.ready-$(shell cksum < pyproject.toml | cut -d' ' -f1)
RUN := PATH="$(VENV)/bin:$$PATH"
export MLFLOW_TRACKING_URI ?= sqlite:///$(CURDIR)/mlflow.db

.PHONY: install iterate test test-all test-cluster lint bench ui clean

install:
	@test -e "$(READY)" || $(MAKE) --no-print-directory set-up

.PHONY: set-up
set-up:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 to 3.13 with venv and ensurepip found"; \
		echo "hint: install one (on Debian with python3-venv), or name it: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "set-up, once: about 6 GB of packages, with $(PYTHON), into $(VENV)"
	@"$(VENV)/bin/python" -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear "$(VENV)"
	@{ "$(VENV)/bin/python" -m pip install --disable-pip-version-check --progress-bar off -e '.[onnx,browser,postgres,server,ray,s3,local-s3]' 2>&1 \
		|| echo "pip failed"; } | awk '/^Collecting|^Installing|^Successfully|^ERROR|^error/ { print substr($$0, 1, 100); \
		fflush() } /^pip failed/ { bad = 1 } END { exit bad }'
	@"$(VENV)/bin/python" -c "import torch, torchaudio, mlflow"
	@touch "$(READY)"

iterate: install
	@$(RUN) mlflow run . -e iterate --env-manager local -P passes=$(PASSES) -P data="$(DATA)" $(ARGS)

test: install
	@$(RUN) python -m pytest -n $(TESTERS) --dist loadfile -m "not slow"

test-all: install
	@$(RUN) python -m pytest -n $(TESTERS) --dist loadfile -m "not cluster"

test-cluster: install
	@$(RUN) python -m pytest -m cluster

lint: install
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

SRU_PEER ?=
bench: install
	@$(RUN) python -m benchmarks.training --peer-path "$(SRU_PEER)" --out benchmarks/results/training.json
	@$(RUN) python -m benchmarks.data_path --out benchmarks/results/data-path.json
	@$(RUN) python -m benchmarks.scale --out benchmarks/results/scale.json
	@$(RUN) python -m benchmarks.numerics --out benchmarks/results/numerics.json --plot docs/numerics.png
	@$(RUN) python -m benchmarks.scenes --out benchmarks/results/scenes-speed.json
	@$(RUN) python -m benchmarks.job --out benchmarks/results/job.json
	@$(RUN) python -m benchmarks.table

ui: install
	@echo "http://127.0.0.1:$(PORT)  (choose 'Model training' at the top left)"
	@$(RUN) mlflow ui --backend-store-uri "$$MLFLOW_TRACKING_URI" --port $(PORT)

clean:
	rm -rf .venv .kd mlruns mlflow.db* optuna.db*
