# `make` says what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# In CI the checkout is new every time; a target directory outside it keeps the built dependencies.
ifeq ($(CI),true)
export CARGO_TARGET_DIR ?= $(HOME)/.cache/latchkey/target
endif
TARGET := $(or $(CARGO_TARGET_DIR),target)

# The pages to embed. The last file that their build writes stands for all of them. What the build itself writes among the
# sources, and what only tests read, is no reason to build again.
PAGES := frontend/dist/built.txt
PAGE_SOURCES := schema.graphql $(wildcard frontend/*.html frontend/graphiql/*.html frontend/package*.json frontend/tsconfig.json \
	frontend/vite.config.ts frontend/lingui.config.ts frontend/scripts/*.mjs) $(shell find frontend/src frontend/public -type f \
	-not -path 'frontend/src/gen/*' -not -path 'frontend/src/locales/*.ts' -not -path 'frontend/src/testing/*' \
	-not -name '*.test.ts' -not -name '*.test.tsx')

.PHONY: help run test check browser screenshots setup frontend bench schema deny fmt

help: ## Says what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: frontend ## Builds the optimised binary and starts it with the demo issuer and API
	cargo build --release --locked
	exec "$(TARGET)/release/latchkey" serve --demo

test: check ## Installs what is missing, then runs every check and test
	npm --prefix frontend run --silent test
	cargo test --locked
	$(MAKE) browser

check: frontend ## Formatting, types, lints, translations and sizes, without the tests
	npm --prefix frontend run --silent check
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

browser: frontend ## Tests the pages of the real binary in Chromium
	cargo build --locked
	npm --prefix frontend run --silent browser

screenshots: frontend ## Makes the pictures in docs/screenshots/ anew
	cargo build --locked
	npm --prefix frontend run --silent screenshots

setup: ## Installs what building and testing need and this machine lacks
	@scripts/setup.sh

frontend: $(PAGES) ## Builds the pages that are embedded in the binary

$(PAGES): $(PAGE_SOURCES) | setup
	npm --prefix frontend run --silent build

bench: frontend ## Measures calls and durable events on the optimised build, in two minutes
	cargo bench --locked --bench execute

schema: ## Writes schema.graphql anew
	trap 'rm -f schema.graphql.next' EXIT; cargo run --locked -- schema > schema.graphql.next && mv schema.graphql.next schema.graphql

deny: ## Licences, banned crates, sources, and advisories where their database can be reached
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny --locked check bans licenses sources
	@if cargo deny --locked fetch db >/dev/null 2>&1; then cargo deny --locked check advisories; \
		else echo 'deny: the advisory database is out of reach; advisories were not checked'; fi

fmt: ## Formats the code
	cargo fmt
