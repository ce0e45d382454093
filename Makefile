# bulkimport: build, test, check, show. `make check` is what CI runs.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS     := -s -w -X main.version=$(VERSION)
PACKAGES    := ./... ./.ci/house ./.ci/mutants ./.ci/sbom ./.ci/windows/leash ./.ci/windows/pack
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOBIN_DIR   := $(shell go env GOPATH)/bin
FUZZTIME    ?= 20s
CYCLES      ?= 100
SEED        ?= 0
SEEDS       ?= 1000

export CGO_ENABLED = 0

.PHONY: all build test check demo bench fuzz arrows clean \
        format vet lint cross torture simulate mutants dist man test-browser test-office test-windows

all: build

build: ## the program, static, in bin/
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/bulkimport ./cmd/bulkimport

demo: build ## the whole job against a stand-in platform, in seconds
	./bin/bulkimport demo

# The race detector needs a C compiler; without one the tests run without it. It leaves
# out the cipher of bcrypt, which nothing else takes part in: a password takes ten times as
# long with it. Many tests wait for leases and lists rather than work: more of them go at
# once than there are processors.
test: ## all tests
	@cc="$$(go env CC)"; \
	if command -v "$${cc%% *}" >/dev/null && [ "$$(go env GOOS)" != js ]; then \
	  echo "testing, race detector on"; \
	  CGO_ENABLED=1 go test -race -gcflags=golang.org/x/crypto/blowfish=-race=false -timeout 25m -parallel 6 $(PACKAGES); \
	else \
	  echo "testing without the race detector: no C compiler ($$cc) found"; \
	  go test -timeout 25m -parallel 6 $(PACKAGES); \
	fi

check: format vet lint arrows cross test ## what CI runs

format:
	@unformatted="$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; fi

vet:
	go vet $(PACKAGES)

lint:
	@if [ -x '$(GOBIN_DIR)/staticcheck' ] || go install $(STATICCHECK); then \
	  echo "staticcheck $(PACKAGES)"; '$(GOBIN_DIR)/staticcheck' $(PACKAGES); \
	else \
	  echo "staticcheck skipped: it could not be installed"; \
	fi

# Other systems must at least build and vet.
cross:
	GOOS=windows go vet ./cmd/... ./csvimport/... ./apsclient
	GOOS=darwin go vet ./cmd/... ./csvimport/... ./apsclient

# The plan, with what it asks of rooms, files, types and texts: .ci/house/plan.go.
arrows: ## the house as planned: imports go down only, and more
	go run ./.ci/house

# BENCHCOUNT=10 makes bin/bench.txt worth comparing with benchstat.
BENCHTIME   ?= 0.5s
BENCHCOUNT  ?= 1

bench: build ## benchmarks, then whole processes beside others
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -count $(BENCHCOUNT) ./apsclient/... ./csvimport/... | tee bin/bench.txt
	go build -o bin/bench ./examples/bench
	go -C examples/bench/excelize build -o ../../../bin/bench-excelize . || rm -f bin/bench-excelize
	bin/bench -tool bin/bulkimport -keep examples/bench

fuzz: ## every fuzz target for FUZZTIME each
	@for p in $$(go list $(PACKAGES)); do \
	  for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$p; \
	  done; \
	done

torture: ## kill the program CYCLES times and compare what is left; SEED replays; LEDGER=postgres: programs that share a ledger
	go test -count=1 -timeout 0 -v -run $(if $(LEDGER),'TestTorture|TestShared|TestCarryKilled',.) -skip 'TestScript' ./cmd/bulkimport -endure -torture.cycles $(CYCLES) -torture.seed $(SEED) -torture.ledger '$(LEDGER)'

simulate: ## imports of SEEDS whole worlds in fake time, in a process for each processor; SEEDS=1 SEED=n replays one, with its story
	GODEBUG=tracebacklabels=1 go test -count=1 -timeout 0 -v -run TestSimulate ./csvimport/simulation -simulate.seeds $(SEEDS) -simulate.seed $(SEED)

# What mutants are: .ci/mutants/main.go. MUTANTS=-short takes those whose seed is known.
mutants: ## each sentence of the promise, not kept, has to be found by the simulation
	go run ./.ci/mutants $(MUTANTS)

test-browser: ## our pages in a browser, which has to be there
	BULKIMPORT_BROWSER=required go test -v -count=1 -run TestBrowser ./csvimport/report ./cmd/bulkimport

# It needs Debian's wine, wine64 and gcc-mingw-w64-x86-64-win32; WINDOWS=-short is what CI runs.
test-windows: ## the Windows program and its tests under wine, killed KILLS times
	KILLS=$(or $(KILLS),50) .ci/windows/run $(WINDOWS)

test-office: ## workbooks in LibreOffice and gnumeric, which have to be there
	BULKIMPORT_OFFICE=required go test -count=1 -run TestOffice ./csvimport/rows ./cmd/bulkimport

clean: ## what was built
	rm -rf bin dist cover.out

man: build ## man pages, in bin/man
	go run ./cmd/manual -o bin/man bin/bulkimport

dist: ## what is handed out, in dist/: binaries, packages, completions, man pages, checksums
	.ci/dist
