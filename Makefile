# What a developer does with this repository; `make` alone lists it.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

FUZZTIME ?= 10s
BENCH    ?= .
JOBS     ?= 2000
ASKS     ?= 600
FAULTS   ?= 60
WORLDS   ?= 500
CHECKS   ?= 5000
SEED     ?= 0
HOURS    ?= 8

# .ci/run names the versions of the tools, once.
golangci_version := $(shell sed -n 's/^golangci_version=//p' .ci/run)
golangci := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(golangci_version)

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## run all tests
	go test ./...

.PHONY: race
race: ## run all tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race ./...

.PHONY: lint
lint: ## run the linters and look for unformatted files
	@test -z "$$(gofmt -l cmd pkg workflows | tee /dev/stderr)"
	go vet ./...
	$(golangci) run ./...

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (10s each), and try every property CHECKS times
	@git grep -lE 'rapid\.(Make)?Check\(' -- '*_test.go' | \
	xargs awk -F '[ (]' '/^func Test/ {test = $$2} /rapid\.(Make)?Check\(/ {dir = FILENAME; sub("/[^/]*$$", "", dir); print dir, test}' | sort -u | \
	while read -r dir test; do \
		echo "$$dir $$test"; \
		go test -count 1 -run "^$$test\$$" -timeout 60m "./$$dir" -rapid.checks $(CHECKS); \
	done
	@git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed -E 's|^(.*)/[^/]+:func (.*)$$|\1 \2|' | \
	while read -r dir target; do \
		echo "$$dir $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "./$$dir"; \
	done

.PHONY: bench
bench: ## run the benchmarks that match BENCH (all); all of them write docs/benchmarks.md
	go test -run '^$$' -bench '$(BENCH)' -benchmem $$(go list ./... | grep -v '/pkg/bench$$')
	go test -run '^$$' -bench '$(BENCH)' -timeout 30m ./pkg/bench -update

.PHONY: failpoints
failpoints: ## kill and freeze bridges at every failpoint
	go test -tags failpoints ./cmd/discomfy -run 'Failpoint|Delay'
	go test ./pkg/proof -run 'AtAFailpoint|ALatePrompt|Submitter' -count 1 -v -timeout 30m -args -failpoints

.PHONY: outages
outages: ## have NATS, ComfyUI and Discord be away for minutes, and deliver what is much too large
	go test ./pkg/proof -run NATSThatCanNotBeUsed -count 1 -v -timeout 30m -args -outages -outage 1m
	go test ./pkg/bridge -run 'TenMinutes|MinutesLater' -count 1 -v -timeout 30m -args -long
	go test ./pkg/discord -run 'NothingBut500|GoesWrong|TooLarge|VideosOfNoise|Boosted' -count 1 -parallel 12 -v -timeout 30m -args -outages -outage 1m -large

.PHONY: chaos
chaos: failpoints outages worlds ## JOBS jobs, ASKS on Discord and FAULTS faults, drawn by SEED (0 draws one)
	go test ./pkg/proof -run TestChaos -count 1 -v -timeout 60m -args -jobs $(JOBS) -faults $(FAULTS) -seed $(SEED)
	go test ./pkg/proof -run TestPeopleInChaos -count 1 -v -timeout 60m -args -asks $(ASKS) -faults $(FAULTS) -seed $(SEED)

.PHONY: worlds
worlds: ## let cards live in WORLDS worlds of chance, the first drawn by SEED
	go test ./pkg/discord/board -run WhateverHappens -count 1 -timeout 60m -args -worlds $(WORLDS) -seed $(SEED)

.PHONY: soak
soak: ## HOURS simulated hours of work, with an eye on memory and the like
	go test ./pkg/proof -run TestSoak -count 1 -v -timeout 60m -args -hours $(HOURS)

.PHONY: demo
demo: ## watch three jobs travel the whole path
	go run ./cmd/discomfy demo

.PHONY: pictures
pictures: ## take the README's pictures of the demo's page anew (needs Chromium)
	go test ./cmd/discomfy -run TestTour -count 1 -args -screenshots '$(CURDIR)/docs/pictures'

.PHONY: build
build: ## build the programs into the working folder
	CGO_ENABLED=0 go build -trimpath -o . ./cmd/...

.PHONY: docs
docs: ## write the generated parts of README.md and docs anew
	go test ./pkg/internal/house/operator -run Documented -update

.PHONY: ci
ci: ## do what CI does, from the tools to the linters
	./.ci/run
