# Every target runs on a fresh clone with only Node and npm on the machine.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help install up down test coverage lint format clean bench

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: node_modules/.package-lock.json ## install the pinned dependencies, Node included
node_modules/.package-lock.json: package-lock.json package.json $(wildcard */package.json)
	@echo 'installing the pinned dependencies (npm ci)'
	@npm ci --loglevel=error && touch $@

up: install ## start the local cloud and ship the backend onto it
	@./clarity up

down: ## stop the local cloud (./clarity down --wipe also forgets its state)
	@./clarity down

test: install ## run every test
	@vitest run

coverage: install ## run every test and report coverage under coverage/
	@vitest run --coverage

lint: install ## check format, lint rules and types
	@biome check .
	@tsc -p .

format: install ## format the code
	@biome check --write .

bench: install ## measure the bars that the issues name
	@for b in bench/*.ts; do node $$b || exit 1; done

clean: ## remove what was built or installed
	@rm -rf node_modules coverage cdk.out
