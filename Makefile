# Everything runs inside the checkout: .venv holds the tools, .cache all that is made. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Without compiled files Python takes longer to load Ansible than Ansible takes for a run without changes.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

# The Python that .venv is made from: 3.11 or newer.
PYTHON ?= python3
# Test processes side by side. Most of a test's time is waiting, so more than the cores.
JOBS ?= 3
# Further arguments of pytest, as in: make test ARGS='-k network -x'
ARGS ?=

BIN := .venv/bin
STAMPS := .cache/stamps
COLLECTION := .cache/collections/ansible_collections/mlinfra/aws
EMULATOR := $(BIN)/python roles/local_cloud/files/emulator
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n $(JOBS) --dist loadgroup --no-loadscope-reorder

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##### Set-up

.PHONY: setup
setup: debian-packages $(STAMPS)/python $(COLLECTION) ## Set up all that the other targets need (nothing to do: at once)

.PHONY: debian-packages
debian-packages: ## Install the missing Debian packages, when root on a Debian-like system
	@tools/debian_packages.sh .config/debian-packages.txt

# Debian's python3 cannot make pip inside a virtual environment without the package python3-venv, so the pip outside
# installs uv into it, and uv everything else.
$(STAMPS)/python: requirements.txt tests/permissions/requirements.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	echo "Installing the Python packages of requirements.txt into .venv"
	mkdir -p $(@D)
	if ! $(BIN)/uv --version &>/dev/null; then
		"$(PYTHON)" -m venv --without-pip --clear .venv
		awk '/^[^ ]/ {keep = /^uv==/} keep' requirements.txt > $@.uv
		"$(PYTHON)" -m pip --python $(BIN)/python install --quiet --require-hashes --requirement $@.uv
	fi
	settings=$$("$(PYTHON)" tools/pip_settings.py)
	eval "$$settings"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $^
	touch $@

# Ansible finds a collection by its folder's name only.
$(COLLECTION):
	@mkdir -p $(@D)
	ln -sfn ../../../.. $@

##### The rehearsal

.PHONY: local
local: setup ## Bring the whole platform up on this machine
	@$(EMULATOR) start
	$(BIN)/ansible-playbook -i inventories/local site.yml

.PHONY: local-env
local-env: ## Print shell lines that point aws and boto3 at the rehearsal: eval "$(make -s local-env)"
	@$(EMULATOR) env

.PHONY: local-down
local-down: ## Remove all that `make local` made
	@$(BIN)/ansible-playbook -i inventories/local playbooks/local_down.yml

##### Tests

.PHONY: test
test: setup ## Show each main promise once, in minutes
	@$(PYTEST) $(PARALLEL) $(ARGS)

# About two hours on two cores.
.PHONY: extended
extended: setup ## Run the tests of every part, each once
	@MLINFRA_TESTS=extended $(PYTEST) $(PARALLEL) $(ARGS)

# Some hours: all ways of a walk, kills at shorter distances, thousands of examples.
.PHONY: thorough
thorough: setup ## Run all tests, with each combination instead of each thing once
	@MLINFRA_TESTS=thorough $(PYTEST) $(PARALLEL) $(ARGS)

.PHONY: lint
lint: setup ## Check style, documentation and inventories with the real tools
	@$(PYTEST) $(PARALLEL) tests/quality $(ARGS)

.PHONY: unit
unit: setup ## Run the unit tests
	@$(PYTEST) $(PARALLEL) tests/unit $(ARGS)

.PHONY: molecule
molecule: setup ## Run the molecule scenarios, or one: make molecule ROLE=network
	@$(PYTEST) $(PARALLEL) tests/molecule $(if $(ROLE),-k '[$(ROLE)]') $(ARGS)

.PHONY: e2e
e2e: setup ## Run the end-to-end tests
	@$(PYTEST) tests/e2e $(ARGS)

# What fails is kept in .hypothesis, tried first the next time, and printed so that it can become a test.
.PHONY: fuzz
fuzz: setup ## Give filters, parsers and settings what nobody expects, for long (the suite does so for seconds)
	@MLINFRA_TESTS=thorough $(PYTEST) $(PARALLEL) tests/fuzz $(ARGS)

.PHONY: screenshots
screenshots: setup ## Write the pictures of JupyterLab and TensorBoard in docs/images anew
	@MLINFRA_SCREENSHOTS=1 $(PYTEST) tests/e2e/test_jupyter.py -k plot

##### Audit

# Prowler brings over two hundred packages of its own, so it lives apart and only where somebody asks for it.
PROWLER := tests/controls/prowler.txt
.cache/audit/installed: $(PROWLER) | $(STAMPS)/python
	@echo "Installing Prowler into .cache/audit"
	settings=$$("$(PYTHON)" tools/pip_settings.py)
	eval "$$settings"
	$(BIN)/uv venv --quiet --allow-existing --python "$(PYTHON)" .cache/audit/venv
	$(BIN)/uv pip sync --quiet --python .cache/audit/venv/bin/python --require-hashes $(PROWLER)
	touch $@

# ARGS='--preset strict' scans one preset, ARGS=--again judges the newest scans anew.
.PHONY: audit
audit: setup .cache/audit/installed ## Have Prowler judge an environment with each preset, against the waivers in writing
	@$(BIN)/python tools/audit $(ARGS)

.PHONY: audit-requirements
audit-requirements: $(STAMPS)/python ## Lock tests/controls/prowler.txt anew from prowler.in
	@settings=$$("$(PYTHON)" tools/pip_settings.py)
	eval "$$settings"
	$(BIN)/uv pip compile tests/controls/prowler.in --output-file $(PROWLER) --generate-hashes --universal \
		--python-version 3.11 --no-annotate --custom-compile-command 'make audit-requirements' --quiet

##### Supply chain

# Tools of their own, away from what they look at.
SUPPLY := .cache/supply-chain
$(STAMPS)/supply-chain: tools/supply_chain/requirements.txt $(STAMPS)/python
	@settings=$$("$(PYTHON)" tools/pip_settings.py)
	eval "$$settings"
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SUPPLY)
	$(BIN)/uv pip sync --quiet --python $(SUPPLY)/bin/python --require-hashes tools/supply_chain/requirements.txt
	touch $@

.PHONY: sbom
sbom: $(STAMPS)/supply-chain ## Write bills of materials (CycloneDX) of the controller and of each hosts' lock to .cache/sbom
	@mkdir -p .cache/sbom
	for lock in requirements.txt roles/ml_host/files/locks/{cpu,cuda,cuda12,al2,ray,uv}.txt; do
		bill=.cache/sbom/$$(basename "$$lock" .txt).cdx.json
		$(SUPPLY)/bin/cyclonedx-py requirements --output-reproducible --output-file "$$bill" "$$lock"
		echo "$$bill"
	done

.PHONY: audit-dependencies
audit-dependencies: $(STAMPS)/supply-chain ## Ask for known vulnerabilities of all locked packages (needs the internet)
	@for lock in requirements.txt roles/ml_host/files/locks/{cuda,cuda12,ray,uv}.txt; do
		echo "$$lock"
		$(SUPPLY)/bin/pip-audit --disable-pip --require-hashes --requirement "$$lock" || {
			echo "Either packages of $$lock are vulnerable, as listed above, or the database could not be asked: it is on the internet." >&2
			exit 1
		}
	done

.PHONY: licenses
licenses: setup ## Write docs/licenses.md anew from what the installed packages say
	@$(BIN)/python tools/licenses.py

##### Benchmarks

# LATENCY=1 measures a first apply with AWS's latencies too, HOST=1 the configuration of a host.
.PHONY: bench
bench: setup ## Compare speed with plain boto3 and others, and write docs/speed.md (LATENCY=1 HOST=1 FLEET="1 5 20 50": more)
	@$(BIN)/python benchmarks/run.py $(if $(LATENCY),--latency) $(if $(HOST),--host) $(if $(FLEET),--fleet $(FLEET)) $(ARGS)
	$(BIN)/python tools/generate_docs.py

##### Upkeep

.PHONY: docs
docs: setup ## Write the generated pages: the roles' READMEs and the architecture picture
	@$(BIN)/python tools/generate_docs.py

.PHONY: permissions
permissions: setup ## Observe what runs need to be allowed, and write docs/permissions anew (takes minutes)
	@$(BIN)/python tests/permissions/observe.py
	$(BIN)/python tools/generate_docs.py

.PHONY: requirements
requirements: $(STAMPS)/python ## Lock requirements.txt anew from requirements.in (UPGRADE=1 takes newer releases)
	@$(BIN)/uv pip compile requirements.in --output-file requirements.txt --generate-hashes --universal \
		--python-version 3.11 --no-annotate --custom-compile-command 'make requirements' \
		$(if $(UPGRADE),--upgrade) --quiet
	cd tools/supply_chain
	../../$(BIN)/uv pip compile requirements.in --output-file requirements.txt --generate-hashes --universal \
		--python-version 3.11 --no-annotate --custom-compile-command 'make requirements' \
		$(if $(UPGRADE),--upgrade) --quiet

.PHONY: clean
clean: ## Remove what set-up and tests made (the rehearsal has to be down)
	@rm -rf .venv .cache/stamps .cache/collections .cache/tmp .pytest_cache .hypothesis .ansible
