# Every target runs on a fresh clone with only Node and npm on the machine.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
TOOLS := .clarity/tools
.DEFAULT_GOAL := help
.PHONY: help install up down test coverage lint lint-infra render lint-ci audit audit-signatures security check-sbom licences scan-secrets scan-image format clean bench rehearse rehearse-cd pages recording release-deploy release-promote release-rollback release-drill release-diagnose release-evidence fuzz image image-docker bench-compare

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

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

render: install ## write what is made from code: task definition, templates, controls, reviewed lists
	@node ci-cd/aws/render.ts
	@vitest run test/pages.test.ts test/cost-page.test.ts test/backend/process.test.ts --update >/dev/null && echo 'pages rendered'

lint-infra: install $(TOOLS)/infra/ready ## synthesize all environments and check them with every rule, cfn-lint and checkov
	@node infra/src/lint-infra.ts $(TOOLS)/infra/bin

# cfn-lint and checkov, from PyPI by hash
$(TOOLS)/infra/ready: ci-cd/aws/requirements.txt
	@echo 'installing cfn-lint and checkov'
	@python3 -m venv $(TOOLS)/infra
	@$(TOOLS)/infra/bin/pip install --quiet --disable-pip-version-check --require-hashes -r ci-cd/aws/requirements.txt
	@touch $@

lint-ci: install $(TOOLS)/ready ## check workflows, scripts and Dockerfile, at their strictest
	@node ci-cd/tools/lint-ci.ts $(TOOLS)

# checkers that building and testing never need: from PyPI by hash, and from npm by a lock file of their own
$(TOOLS)/ready: ci-cd/tools/requirements.txt ci-cd/tools/package-lock.json
	@echo 'installing the checkers'
	@python3 -m venv $(TOOLS)/python
	@$(TOOLS)/python/bin/pip install --quiet --disable-pip-version-check --require-hashes -r ci-cd/tools/requirements.txt
	@cp ci-cd/tools/*.json .npmrc $(TOOLS)/ && cd $(TOOLS) && npm ci --loglevel=error
	@touch $@

audit: install ## look for known vulnerabilities in what ships (needs npm's advisories)
	@npm audit --omit=dev --audit-level=moderate

audit-signatures: install ## check that the registry signed what is installed (needs Sigstore's keys)
	@npm audit signatures

check-sbom: $(TOOLS)/infra/ready ## hold the bill of materials of the image that was built to CycloneDX's schema
	@$(TOOLS)/infra/bin/python ci-cd/tools/check-sbom.py

licences: install ## check that every package may be used, and what ships may be shipped
	@node ci-cd/tools/licences.ts

scan-secrets: install $(TOOLS)/ready ## look for secrets in every file
	@mkdir -p .clarity/scan
	@node $(TOOLS)/node_modules/secretlint/bin/secretlint.js --secretlintrc $(TOOLS)/secretlint.json \
	  --format @secretlint/secretlint-formatter-sarif --output .clarity/scan/secrets.sarif '**/*' || \
	  node $(TOOLS)/node_modules/secretlint/bin/secretlint.js --secretlintrc $(TOOLS)/secretlint.json '**/*'

scan-image: install $(TOOLS)/ready ## look for known vulnerabilities in Node and the packages of the image (needs npm's advisories and Node's advisories)
	@node $(TOOLS)/node_modules/is-my-node-vulnerable/index.js
	@npm audit --omit=dev --audit-level=moderate --workspace backend

# what the workflows run against an environment: ENVIRONMENT, and DIGEST where an image was tested before
release-deploy: install ## release the checkout into $ENVIRONMENT
	@./clarity deploy "$$ENVIRONMENT" --wait 1800

release-promote: install ## release into $ENVIRONMENT what serves staging, if it is $DIGEST, which a person has approved
	@./clarity promote staging "$$ENVIRONMENT" --approved "$$DIGEST" --wait 1800

release-rollback: install ## take $ENVIRONMENT back to the last release that worked
	@./clarity rollback "$$ENVIRONMENT"

release-drill: install ## rehearse a failure and its rollback in $ENVIRONMENT
	@./clarity drill "$$ENVIRONMENT"

release-diagnose: install ## say why the last release into $ENVIRONMENT failed
	@./clarity diagnose "$$ENVIRONMENT"

release-evidence: install ## copy the evidence of $ENVIRONMENT to .clarity/evidence
	@./clarity history "$$ENVIRONMENT" --save .clarity/evidence

fuzz: install $(TOOLS)/fuzz/ready ## hold the API to its OpenAPI document with generated requests (CASES=250 an operation, SEED=1)
	@node bench/fuzz.ts $(TOOLS)/fuzz/bin/schemathesis $${CASES:-250} $${SEED:-1}

$(TOOLS)/fuzz/ready:
	@echo 'installing schemathesis'
	@python3 -m venv $(TOOLS)/fuzz
	@$(TOOLS)/fuzz/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
	@touch $@

image: install ## build the image with its SBOM, without Docker, and lay it out for the Dockerfile
	@./clarity build --platform linux/amd64 --context

image-docker: image ## build the same image with Docker (needs docker)
	@docker build --file ci-cd/docker/Dockerfile --tag clarity-backend:latest \
	  $$(sed 's/^/--build-arg /' .clarity/docker/labels.env) .

rehearse: install ## run ci.yml, security.yml and cd.yml without GitHub: three environments on a local cloud, and a bad commit
	@node ci-cd/rehearse/rehearse.ts

security: install ## run security.yml alone without GitHub
	@ONLY=security node ci-cd/rehearse/rehearse.ts

rehearse-cd: install ## run cd.yml alone without GitHub (needs no other rehearsal)
	@ONLY=cd node ci-cd/rehearse/rehearse.ts

recording: install ## record docs/recording.svg, the picture of the README, from a real terminal
	@node ci-cd/recording/record.ts

pages: install ## run every command of every page on a fresh clone (FAST=1 leaves out those that run all tests)
	@node ci-cd/pages/run-pages.ts

bench-compare: install ## compare the benchmarks with those of the commit $BASE
	@node ci-cd/tools/bench-compare.ts

format: install ## format the code
	@biome check --write .

bench: install ## measure the bars that the issues name: every benchmark, then those that are below their bar
	@below=; for b in $(filter-out bench/fuzz.ts,$(wildcard bench/*.ts)); do \
	  echo "$$b"; node $$b || below="$$below $$b"; done; \
	  [ -z "$$below" ] || { echo "below a bar:$$below"; exit 1; }

clean: ## remove what was built or installed; the laptop's state stays (./clarity down --wipe forgets it)
	@rm -rf node_modules coverage cdk.out $(addprefix .clarity/,tools image docker bench scan pages rehearsal recording evidence test-image)
