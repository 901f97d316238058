# `make help` lists the targets. Scripts that fetch or choose tools are in integration/tools.

SHELL := /bin/bash
.DEFAULT_GOAL := help
TOOL := integration/tools
CARGO := $(TOOL)/cargo.sh

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: deps ## Build target/release/gatehouse and target/gatehouse.wasm
	@$(TOOL)/wasm.sh build
	@$(CARGO) build --release -p gatehouse

.PHONY: wasm
wasm: deps ## Build target/gatehouse.wasm alone
	@$(TOOL)/wasm.sh build

.PHONY: wasm-hooks
wasm-hooks: deps ## Build target/gatehouse-hooks.wasm, the module with hooks for tests
	@$(TOOL)/wasm.sh build hooks

.PHONY: wasm-poisoner
wasm-poisoner: deps ## Build target/poisoner.wasm, somebody else's plugin for tests
	@$(TOOL)/wasm.sh build poisoner

.PHONY: run
run: ## Build and start the gateway with a demo database behind it
	@$(TOOL)/deps.sh run
	@$(MAKE) --no-print-directory build
	@integration/demo/run.sh

.PHONY: test
test: ## Run every test, on real Envoy and with the real Agents SDKs; prints seconds per suite
	@$(TOOL)/deps.sh test
	@$(TOOL)/test.sh

.PHONY: test-core
test-core: ## Run the tests that need no Envoy
	@$(TOOL)/deps.sh core
	@$(TOOL)/test.sh core

.PHONY: test-envoy
test-envoy: deps ## Run the tests on real Envoy; FILTER=name runs those whose name holds it
	@$(TOOL)/test.sh build envoy -- $(FILTER)

.PHONY: test-leftovers
test-leftovers: deps ## Look for tokens and keys in all that the tests on real Envoy leave behind; FILTER as in test-envoy
	@kept=$$(mktemp -d) && GATEHOUSE_KEEP=$$kept $(TOOL)/test.sh build envoy -- $(FILTER) && $(TOOL)/leftovers.sh $$kept \
	  && rm -rf $$kept

.PHONY: test-detection
test-detection: ## Score masking and judging of labelled cases on real Envoy; FILTER=expression as pytest -k
	@$(TOOL)/deps.sh test
	@$(TOOL)/test.sh build detection $(if $(FILTER),-- "$(FILTER)")

.PHONY: detection-table
detection-table: build ## Write docs/reference/evasions.md from a run of the labelled cases
	@$(TOOL)/deps.sh test
	@ENVOY_PATH=$$($(TOOL)/envoy.sh) $$($(TOOL)/python.sh) -m pytest -q -p no:cacheprovider \
	  integration/detection/test_table.py --write-table

.PHONY: test-agents
test-agents: ## Run the tests with the real Agents SDKs and the console in Chromium
	@$(TOOL)/deps.sh test
	@$(TOOL)/test.sh build agents

.PHONY: pictures
pictures: build ## Write the pictures of docs/guide/approvals.md from a gateway in Chromium
	@$(TOOL)/deps.sh test
	@ENVOY_PATH=$$($(TOOL)/envoy.sh) $$($(TOOL)/python.sh) -m pytest -q -p no:cacheprovider \
	  integration/agents/test_console_pictures.py --write-pictures

.PHONY: test-conformance
test-conformance: ## Compare what the MCP conformance suite and mcp's own tests say with and without the gateway
	@$(TOOL)/deps.sh test
	@$(TOOL)/test.sh build conformance $(if $(FILTER),-- "$(FILTER)")

.PHONY: bench
bench: deps ## CPU per request against a plain Envoy, as a ratio
	@integration/bench/run.sh

.PHONY: gen
gen: deps ## Write what is generated: configuration in envoy/, schema and reference of bundles, detectors
	@$(CARGO) run -q -p gatehouse -- envoy-config --out envoy
	@$(CARGO) run -q -p gatehouse -- bundle schema --out policy-bundles/schema/bundle.schema.json
	@$(CARGO) run -q -p gatehouse -- bundle reference --out docs/reference/bundle.md
	@$(CARGO) run -q -p gatehouse -- bundle detectors --out docs/reference/detectors.md

.PHONY: lint
lint: deps ## Check format and lints, warnings are errors
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --exclude filter -- -D warnings
	@$(CARGO) clippy -p filter -- -D warnings

.PHONY: tools
tools: ## Fetch what runs and tests need below target/tools
	@$(TOOL)/deps.sh test
	@$(TOOL)/envoy.sh
	@$(TOOL)/python.sh
	@$(TOOL)/node.sh
	@$(TOOL)/javascript.sh
	@$(TOOL)/conformance.sh
	@$(TOOL)/litewitness.sh

.PHONY: deps
deps:
	@$(TOOL)/deps.sh build
