# Everything one does here, each from a clean clone on. The verbs themselves are those of .venv/bin/wallet-assistant.
# Settings: PORT=8000, PYTHON=… (any 3.8 or later, to fetch uv with), and WALLET_… by environment or .env.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

APP := .venv/.ready
RASA := bot/rasa/.venv/.ready
ASSISTANT := .venv/bin/wallet-assistant
# All platforms, hashes, and no download addresses: the files name no registry.
LOCK := .tools/bin/uv pip compile -q --universal --generate-hashes --no-annotate

.PHONY: help run train chat evaluate bench rasa test screenshots lint format lock clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: $(APP) $(RASA) ## the whole assistant, on PORT (8000 unless given)
	@exec $(ASSISTANT) run

train: $(APP) $(RASA) ## the model, when training data, domain, pipeline or components changed
	@exec $(ASSISTANT) train

chat: $(APP) $(RASA) ## a conversation in the terminal; ARGS="--customer ID --locale zh"
	@exec $(ASSISTANT) chat $(ARGS)

evaluate: $(APP) $(RASA) ## what the assistant would do with labelled sentences; FILES="a.jsonl b.jsonl" OUT=figures.json
	@exec $(ASSISTANT) evaluate $(FILES) $(if $(OUT),--out "$(OUT)")

bench: $(APP) $(RASA) ## how fast everything is; ARGS="--quick core_bench" OUT=figures.json, with figures.png beside it
	@exec $(ASSISTANT) bench $(ARGS) $(if $(OUT),--out "$(OUT)")

rasa: $(APP) $(RASA) ## any Rasa command with our paths; ARGS="shell nlu"
	@exec $(ASSISTANT) rasa $(ARGS)

test: $(APP) $(RASA) ## all tests; ARGS="-k freeze" for some
	@exec .venv/bin/python -m pytest -n 2 $(ARGS)

screenshots: $(APP) $(RASA) ## the README's pictures anew, from the running assistant in a browser
	@exec .venv/bin/python -m tests.screenshots

lint: $(APP) ## style, format, types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format: $(APP) ## mend style and format where that can be done by machine
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lock: ## the lock files, after a change of pyproject.toml; ARGS=--upgrade for newer versions
	@.ci/environments.sh uv
	$(LOCK) -p 3.12 --group dev pyproject.toml -o requirements.lock $(ARGS)
	$(LOCK) --directory bot/rasa -p 3.10 pyproject.toml -o requirements.lock $(ARGS)

clean: ## remove environments and caches; .wallet (database, models) stays
	rm -rf .venv bot/rasa/.venv .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(APP): requirements.lock pyproject.toml .python-version
	@.ci/environments.sh app

$(RASA): bot/rasa/requirements.lock bot/rasa/.python-version
	@.ci/environments.sh rasa
