# make demo, make test; everything else is one pipeline stage a target.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
# Where the pipeline writes, and what it starts from: the quotes in TEXTTHEMA_DATA, or the small sample of our own.
BUILD ?= build
# COLLECTION=books BUILD=build/books goes the same way from descriptions of books to genres.
COLLECTION ?= quotes
RAW_quotes = $(if $(TEXTTHEMA_DATA),$(TEXTTHEMA_DATA)/quotes.parquet,data/sample/quotes.csv)
RAW_books = $(if $(TEXTTHEMA_DATA),$(TEXTTHEMA_DATA)/books.parquet,data/book_details.csv)
RAW ?= $(RAW_$(COLLECTION))
ENCODER_quotes = all-MiniLM-L6-v2
ENCODER_books = deployment_hf/model
ENCODER ?= $(ENCODER_$(COLLECTION))
MODEL_quotes = deployment_hf/model
MODEL_books = deployment_hf/genres
RESULTS_quotes = benchmarks/results
RESULTS_books = benchmarks/results/books
CLEAN_OPTIONS ?=
# Described books name more series: --books FILE
ENTITY_OPTIONS ?= $(if $(TEXTTHEMA_DATA),--books $(TEXTTHEMA_DATA)/books.parquet)
# The embedded catalogue: every quote of a known author is embedded, not a few of each.
CATALOGUE_OPTIONS ?= --hold-out 0.02 --author-rows 100000
TRAIN_OPTIONS ?=
# PROCESSES=4 trains on four devices: GPUs, or so many processes on the processor's cores. They share each batch.
PROCESSES ?= 1
# accelerate's name for more than one process a machine, with GPUs or without.
LAUNCH = .venv/bin/accelerate launch --multi_gpu --num_machines 1 --mixed_precision no --dynamo_backend no \
  --main_process_port 0 --num_processes $(PROCESSES) -m textthema
# The recipes of the embedded models. On a processor with bfloat16: make train TRAIN_OPTIONS="--precision bf16"
RECIPE_quotes = --epochs 2 --embedding-lr 2e-5 --head-lr 2e-3 --dropout 0
# The embedded genres' schedule was planned for three epochs and ended after two, the second resumed: these settings
# come nearest, they don't repeat it bit for bit.
RECIPE_books = --epochs 2 --embedding-lr 2e-5 --head-lr 2e-3 --dropout 0 --frozen-rows 2000 --batch-size 24 --max-length 192
RECIPE ?= $(RECIPE_$(COLLECTION))
# A book has few texts of its author beside it, so that a larger share of them is kept out to see what those are worth.
SPLIT_books = --seen-share 0.1
BESIDE_books = --published benchmarks/published/books.json $(RESULTS_books)/sizes.json --other-model deployment_hf/model
# The notebooks run on the sample in minutes; SIZE=full runs the whole recipe on RAW, in BUILD, and keeps the outputs.
SIZE ?= sample
NOTEBOOKS := textthema-data-processing quote-multi-classifier onnx-inference benchmark
NOTEBOOKS_sample = $(BUILD)/notebooks
NOTEBOOKS_full = notebooks
# Papermill runs in notebooks/, so that the paths it is given, and writes into the notebooks, have to start from there.
from_notebooks = $(shell realpath -m --relative-to=notebooks $(1))
PARAMETERS_sample = -p BUILD $(call from_notebooks,$(BUILD)/notebooks) -p RESULTS $(call from_notebooks,$(BUILD)/notebooks/results)
PARAMETERS_full = -p BUILD $(call from_notebooks,$(BUILD)) -p RESULTS ../benchmarks/results -p MEASURE False -p BATCH_SIZE 48
SCRAPE_OPTIONS ?=
# The two pipelines beside ours take most of the time: --slow-rows 10000 times them on fewer texts.
THROUGHPUT_OPTIONS ?=
# Folder of labelled sets for nuances and intents: textthema nuances --help names what is in it.
LABELLED ?= labelled

FULL := .venv/.ready
DEMO := .venv-demo/.ready
SITE := .venv-site/.ready
TEXTTHEMA := .venv/bin/textthema

define new_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "TextThema needs Python 3.11 or newer. Type: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; \
  else echo "Python's venv is missing. Type: sudo apt install python3-venv" >&2; exit 1; fi; }
@rm -rf $(1) && $(PYTHON) -m venv $(1)
endef

OPTIMUM := .venv-optimum/.ready
NODE_MODULES := tests/ecosystem/node_modules/.package-lock.json

.PHONY: help demo serve space audit dist test test-ecosystem lint format setup chromium ecosystem clean-data split entities catalogue entity-audit train tune \
        export nuances evaluate benchmark benchmark-quality benchmark-sizes benchmark-reading benchmark-devices benchmark-related benchmark-hashtags benchmark-nuances \
        benchmark-cold benchmark-ecosystem benchmark-speed benchmark-scraper benchmark-website exploration notebooks scrape screenshots space-library

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

demo: $(DEMO) ## open the app on the embedded model (GRADIO_SERVER_PORT chooses the port)
	.venv-demo/bin/python deployment_hf/app.py --open

serve: $(SITE) ## serve the website (PORT and WEB_CONCURRENCY choose; deployment_flask/README.md)
	.venv-site/bin/gunicorn -c deployment_flask/gunicorn.conf.py

test: setup chromium ecosystem lint ## set up everything and pass all tests
	.venv/bin/python -m pytest

test-ecosystem: setup ecosystem $(NODE_MODULES) ## the model in transformers, Optimum and transformers.js, each in its own environment
	.venv/bin/python -m pytest tests/ecosystem

lint: $(FULL) ## check style, docstrings, types and complexity
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/python -m mypy

format: $(FULL) ## put the sources into the house's form
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

setup: $(FULL) ## install everything that tests, training and benchmarks need into .venv

chromium: ## install Chromium for the browser tests where that is allowed
	@{ command -v chromium && command -v chromedriver; } >/dev/null || command -v google-chrome >/dev/null || [ -n "$$CHROME_BIN" ] || { \
	  if [ "$$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 900 apt-get install -y -qq chromium chromium-driver >/dev/null; \
	  else echo "No Chromium: the browser tests will be skipped. On Debian: sudo apt install chromium chromium-driver"; fi; }

# Without Node, make test skips what needs it and make test-ecosystem fails.
ecosystem: $(OPTIMUM) ## environments in which other libraries read the model, Node with them where that is allowed
	@{ command -v node && command -v npm; } >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 900 apt-get install -y -qq nodejs npm >/dev/null; \
	  else echo "No Node: the test of transformers.js will be skipped. On Debian: sudo apt install nodejs npm"; fi; }
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory $(NODE_MODULES)

scrape: $(FULL) ## collect quotes into data/ (SCRAPE_OPTIONS="--topics love --pages 5"); type it again to go on
	.venv/bin/python scraper/nlp_dataset_scraper.py $(SCRAPE_OPTIONS)

clean-data: $(FULL) ## raw quotes (RAW=file) to a table with themes, in BUILD/clean
	$(TEXTTHEMA) clean $(RAW) $(BUILD)/clean --collection $(COLLECTION) $(CLEAN_OPTIONS)

split: $(FULL) ## BUILD/clean to train, validation and test, in BUILD/splits
	$(TEXTTHEMA) split $(BUILD)/clean $(BUILD)/splits $(SPLIT_$(COLLECTION))

entities: $(FULL) ## authors, books, franchises and characters of RAW, to BUILD/entities
	$(TEXTTHEMA) entities $(RAW) $(BUILD)/entities $(ENTITY_OPTIONS)

catalogue: $(FULL) ## what texts are compared with, from RAW and BUILD/entities, to BUILD/catalogue
	$(TEXTTHEMA) catalogue $(RAW) $(BUILD)/entities $(BUILD)/catalogue $(ENTITY_OPTIONS) $(CATALOGUE_OPTIONS)

benchmark-related: $(FULL) ## how well authors and books of held-out quotes are found, beside others
	.venv/bin/python benchmarks/related.py $(RAW) $(BUILD)/entities $(BUILD)/catalogue $(ENTITY_OPTIONS)

entity-audit: $(FULL) ## precision of characters and franchises from the committed judgements
	.venv/bin/python benchmarks/entity_audit.py count

train: $(FULL) ## fine-tune ENCODER on BUILD/splits (TRAIN_OPTIONS=--resume goes on after a stop, PROCESSES=2 takes two devices)
	$(if $(filter 1,$(PROCESSES)),$(TEXTTHEMA),$(LAUNCH)) train $(BUILD)/splits $(BUILD)/run --collection $(COLLECTION) --encoder $(ENCODER) $(RECIPE) \
	  $(TRAIN_OPTIONS)

tune: $(FULL) ## a threshold for each theme, on the validation rows
	$(TEXTTHEMA) tune $(BUILD)/run

export: $(FULL) ## ONNX and int8, through the gates, to BUILD/model
	$(TEXTTHEMA) export $(BUILD)/run $(BUILD)/splits $(BUILD)/model --collection $(COLLECTION)

nuances: $(FULL) ## heads for nuances and intents from LABELLED onto the embedded model, to BUILD/nuances/model
	$(TEXTTHEMA) nuances $(LABELLED) $(RAW) data/readings $(BUILD)/nuances

evaluate: $(FULL) ## score BUILD/model on the test rows
	$(TEXTTHEMA) evaluate $(BUILD)/splits/test.parquet --model $(BUILD)/model

benchmark: ## quality and speed beside rivals, to benchmarks/results, README and cards; one after the other
	$(MAKE) benchmark-quality
	$(MAKE) benchmark-hashtags
	$(MAKE) benchmark-cold
	$(MAKE) benchmark-speed
	$(MAKE) benchmark-scraper
	.venv/bin/python benchmarks/cards.py
	.venv/bin/python benchmarks/readme.py

benchmark-quality: $(FULL)
	.venv/bin/python benchmarks/data_facts.py --clean $(BUILD)/clean --splits $(BUILD)/splits --out $(RESULTS_$(COLLECTION))
	.venv/bin/python benchmarks/quality.py --splits $(BUILD)/splits --run $(BUILD)/run --model $(MODEL_$(COLLECTION)) \
	  --work $(BUILD)/rivals --out $(RESULTS_$(COLLECTION)) $(BESIDE_$(COLLECTION))

benchmark-sizes: $(FULL) ## the size of an int8 distilroberta-base, for the table (COLLECTION=books)
	.venv/bin/python benchmarks/sizes.py --model $(MODEL_$(COLLECTION)) --out $(RESULTS_$(COLLECTION))

benchmark-ecosystem: ecosystem dist ## other libraries on the model, int8 beside float, what pip installs
	.venv/bin/python benchmarks/ecosystem.py

benchmark-reading: $(FULL) ## how long texts are read best, and what parents of labels are worth (COLLECTION=books BUILD=build/books)
	.venv/bin/python benchmarks/reading.py --splits $(BUILD)/splits --model $(MODEL_$(COLLECTION)) --out $(RESULTS_$(COLLECTION))
	.venv/bin/python benchmarks/hierarchy.py --splits $(BUILD)/splits --run $(BUILD)/run --out $(RESULTS_$(COLLECTION))

benchmark-devices: $(FULL) ## whether two processes train what one trains, on a few of BUILD/splits' rows
	.venv/bin/python benchmarks/devices.py --splits $(BUILD)/splits --work $(BUILD)/devices

benchmark-hashtags: $(FULL)
	.venv/bin/python benchmarks/hashtags.py --splits $(BUILD)/splits --raw $(RAW) --embeddings $(BUILD)/catalogue/embeddings \
	  --model deployment_hf/model --work $(BUILD)/hashtags

benchmark-cold: $(FULL) ## time from a command's start to its end, beside python -c pass
	.venv/bin/python benchmarks/cold_start.py --model deployment_hf/model

benchmark-speed: $(FULL)
	.venv/bin/python benchmarks/speed.py --model deployment_hf/model --rivals $(BUILD)/rivals
	.venv/bin/python benchmarks/analysis_speed.py --model deployment_hf/model

.PHONY: benchmark-throughput benchmark-million benchmark-cluster

benchmark-throughput: $(FULL) $(OPTIMUM) ## texts per second from file to file beside transformers, Optimum and the bare session (THROUGHPUT_OPTIONS)
	$(TEXTTHEMA) dequantize $(BUILD)/float
	.venv/bin/python benchmarks/throughput.py --quotes $(RAW) --float $(BUILD)/float $(THROUGHPUT_OPTIONS)

benchmark-million: $(FULL) ## a million texts, killed three times: memory and completeness; type it again to go on after a stop
	.venv/bin/python benchmarks/million.py --quotes $(RAW) --work $(BUILD)/million

benchmark-cluster: $(FULL) ## Ray and the local engine with one worker and two, and the scaling plan
	.venv/bin/python benchmarks/cluster.py --quotes $(RAW)

benchmark-nuances: $(FULL) ## measure BUILD/nuances on labelled sets and on quotes labelled by reading
	.venv/bin/python benchmarks/nuances.py --labelled $(LABELLED) --quotes $(RAW) --run $(BUILD)/nuances

benchmark-website: $(FULL) ## the website under load, interrupted, over half an hour, and under ten thousand requests at random
	.venv/bin/python benchmarks/website_load.py
	.venv/bin/python benchmarks/website_endings.py
	.venv/bin/python benchmarks/website_fuzz.py
	.venv/bin/python benchmarks/website_soak.py

exploration: $(FULL) ## variants of the training recipe on a small budget, to benchmarks/results
	.venv/bin/python benchmarks/exploration.py --splits $(BUILD)/splits --work $(BUILD)/exploration

notebooks: $(FULL) ## run the four notebooks on the sample, or with SIZE=full on RAW (ENCODER=roberta-base near the Hub)
	@mkdir -p $(NOTEBOOKS_$(SIZE))
	@for name in $(NOTEBOOKS); do PYTHONWARNINGS="ignore:IProgress not found" .venv/bin/papermill --cwd notebooks notebooks/$$name.ipynb $(NOTEBOOKS_$(SIZE))/$$name.ipynb \
	  $(PARAMETERS_$(SIZE)) -p RAW $(call from_notebooks,$(RAW)) -p ENCODER $(ENCODER) -p TRAIN_OPTIONS "$(TRAIN_OPTIONS)" || exit 1; done

benchmark-scraper: $(FULL) chromium ## speed, memory and endurance of the scraper, to benchmarks/results
	.venv/bin/python benchmarks/scraper.py --out benchmarks/results

screenshots: $(FULL) chromium ## pictures of the app for the README
	.venv/bin/python github_img/make_screenshots.py

space: $(FULL) ## put together what the Space's repository holds, in OUT, and ask it a question in a clean environment
	.venv/bin/python deployment_hf/assemble.py $(OUT) --check

# B615, a download from the Hub at no pinned revision: whose encoder or model to take, and which revision, is the user's
# choice; a model of this project is compared with its manifest after the download and before it is loaded.
EXPLAINED := B615

audit: ## look for known faults in the code and in the pinned packages
	@test -x .venv-audit/bin/bandit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/pip install --quiet --disable-pip-version-check bandit==1.9.4 pip-audit==2.10.1; }
	.venv-audit/bin/bandit --quiet --recursive --severity-level medium --skip $(EXPLAINED) textthema deployment_flask deployment_hf scraper
	for list in requirements.txt deployment_flask/requirements.txt deployment_hf/requirements.txt; do \
	  .venv-audit/bin/pip-audit --strict --no-deps --disable-pip --requirement $$list || exit 1; done

dist: $(FULL) ## wheel and source distribution in dist/, the wheel tried in a clean environment
	rm -rf dist
	.venv/bin/python -m build --no-isolation
	$(call new_venv,.venv-dist)
	.venv-dist/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	cd / && $(CURDIR)/.venv-dist/bin/textthema --version
	cd / && $(CURDIR)/.venv-dist/bin/textthema analyze "I have loved you all my life, and I will love you when we are old."
	ls -l dist && du -sh .venv-dist && rm -rf .venv-dist

space-library: ## pack the library that the Space carries beside its app
	$(PYTHON) deployment_hf/pack_library.py

# torch comes first and with its dependencies, CPU or CUDA as the package index offers it; see requirements.txt for the rest.
$(FULL): requirements.txt requirements-blurr.txt pyproject.toml
	$(call new_venv,.venv)
	.venv/bin/pip install --quiet --disable-pip-version-check "$$(grep '^torch==' requirements.txt)"
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt -r requirements-blurr.txt
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEMO): deployment_hf/requirements.txt
	$(call new_venv,.venv-demo)
	.venv-demo/bin/pip install --quiet --disable-pip-version-check -r deployment_hf/requirements.txt
	@touch $@

$(OPTIMUM): tests/ecosystem/requirements-optimum.txt
	$(call new_venv,.venv-optimum)
	.venv-optimum/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

# No install scripts: all that runs here comes in the packages.
$(NODE_MODULES): tests/ecosystem/package-lock.json
	npm ci --prefix tests/ecosystem --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

$(SITE): deployment_flask/requirements.txt
	$(call new_venv,.venv-site)
	.venv-site/bin/pip install --quiet --disable-pip-version-check -r deployment_flask/requirements.txt
	@touch $@
