# Most targets run a task of deno.json. They use the Deno on PATH if it is new enough; otherwise npm installs one into
# .deno/. `make train ARGS="--epochs 5"` passes options to the task.

DENO_VERSION := 2.9.6
OWN_DENO := .deno/$(DENO_VERSION)/deno

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

# The time of `make cpu` on two cores, as a message tells it.
CPU_SECONDS := 30

# This project needs Deno 2.9 or newer.
DENO_IS_NEW_ENOUGH := $(shell deno --version 2>/dev/null | awk ' \
  NR == 1 { split($$2, v, "."); if (v[1] > 2 || (v[1] == 2 && v[2] >= 9)) print "yes" }')
ifeq ($(DENO_IS_NEW_ENOUGH),)
DENO := $(OWN_DENO)
# The tasks run `deno` from PATH.
export PATH := $(CURDIR)/.deno/$(DENO_VERSION):$(PATH)
endif

# If the home directory is not writable, Deno's cache is in .deno/ too.
ifndef DENO_DIR
HOME_IS_WRITABLE := $(shell cache="$${XDG_CACHE_HOME:-$$HOME/.cache}"; \
  if [ -e "$$cache" ]; then [ -w "$$cache" ]; else [ -d "$$HOME" ] && [ -w "$$HOME" ]; fi && echo yes)
ifeq ($(HOME_IS_WRITABLE),)
export DENO_DIR := $(CURDIR)/.deno/cache
NPM_CACHE = --cache "$$staging/cache"
endif
endif

export DENO_NO_UPDATE_CHECK := 1
# Downloads also trust the system's certificates, such as that of a company's proxy.
DENO_TLS_CA_STORE ?= mozilla,system
export DENO_TLS_CA_STORE

# Runs a task with ARGS as the user quoted them: `value` keeps make from expanding text that is meant for the shell.
run = @deno task --quiet $(1) $(value ARGS)

.PHONY: help train eval predict export gui learn info explain test check deno mpi cpu cpu-if-needed cpu-test install-cpu cuda \
  cuda-emulated cuda-test cuda-mutations gpu-check install-cuda

help: ## list the targets
	@echo "Usage: make TARGET [ARGS=\"...\"]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

train: $(DENO) cpu-if-needed ## train a network; with no options, on MNIST
	$(call run,train)

eval: $(DENO) ## evaluate a model on a data set
	$(call run,eval)

predict: $(DENO) ## classify images with a saved model: make predict ARGS="a.png"
	$(call run,predict)

export: $(DENO) ## write a model for other programs: make export ARGS="-o digits.onnx"
	$(call run,export)

gui: $(DENO) ## draw digits in the browser and see how the network reads them
	$(call run,gui)

learn: $(DENO) ## see a training step on a digit that you draw, beside the code that runs
	$(call run,learn)

info: $(DENO) ## show which backends open on this machine
	$(call run,info)

explain: $(DENO) ## print a training step: its operations with shapes and formulas
	$(call run,explain)

test: $(DENO) cpu-if-needed ## run every test that this machine can run
	$(call run,test)

check: $(DENO) ## check format, lint rules, types and documentation
	$(call run,check)

cpu: ## build the library of the backend cpu; needs a C++ compiler
	@$(MAKE) -C cpu library

# Builds that library before `train` and `test` if it is missing or older than its sources; a link is left as it is. Other
# backends work without it, so neither a missing compiler nor a failed build ends the target. Two calls at the same time
# build one after the other, if this system has flock.
cpu-if-needed:
	@if [ -L cpu/libmlpcpu.so ] || $(MAKE) -q -C cpu libmlpcpu.so 2>/dev/null; then exit 0; fi; \
	fault=$$($(MAKE) -C cpu compiler 2>&1) || { \
	  [ -e cpu/libmlpcpu.so ] || \
	    echo "$$fault" | sed -n 's/^error: \(.*\)/\1; other backends work without it/p' >&2; \
	  exit 0; }; \
	log=cpu/build/log lock=; { mkdir -p cpu/build && : >>$$log; } 2>/dev/null || { \
	  [ -e cpu/libmlpcpu.so ] || \
	    echo "Cannot build cpu/libmlpcpu.so: cpu/build is not writable; other backends work without it" >&2; \
	  exit 0; }; \
	echo "Building cpu/libmlpcpu.so (once, about $(CPU_SECONDS) seconds)" >&2; \
	if command -v flock >/dev/null; then lock="flock cpu/build/lock"; fi; \
	$$lock $(MAKE) -C cpu library >$$log 2>&1 || \
	  echo "warning: Cannot build cpu/libmlpcpu.so: see $$log; other backends work without it" >&2

mpi: ## build the library for training with several processes; needs mpicc: make mpi MPICC=mpicc.openmpi
	@$(MAKE) -C cpu -B -f mpi.mk library

cpu-test: ## test the CPU kernels under AddressSanitizer, UBSan and ThreadSanitizer
	@$(MAKE) -C cpu test

install-cpu: ## copy the CPU library to PREFIX/lib, by default /usr/local/lib
	@$(MAKE) -C cpu install

cuda: ## build the CUDA library for NVIDIA GPUs; needs nvcc
	@$(MAKE) -C cuda library

cuda-emulated: ## build the CUDA library that runs its kernels on the CPU, for tests
	@$(MAKE) -C cuda emulated

cuda-test: ## test the CUDA kernels on the CPU under AddressSanitizer and UBSan
	@$(MAKE) -C cuda test

cuda-mutations: ## remove each barrier of the CUDA kernels in turn, to check that the tests detect it
	@$(MAKE) -C cuda mutations

gpu-check: $(DENO) ## build, test and time the CUDA library on this machine's GPU; JSON under $$OUT
	$(call run,gpu-check)

install-cuda: ## copy the CUDA library to PREFIX/lib, by default /usr/local/lib
	@$(MAKE) -C cuda install

deno: $(DENO) ## install Deno if this machine has none, and print the path of the one in use
	@command -v deno

# npm's package contains the executable. It is moved into place as the last step, so that an interrupted installation
# does not look complete. npm also gets the system's certificates.
$(OWN_DENO):
	@command -v npm >/dev/null || { \
	  echo "error: Cannot install Deno $(DENO_VERSION): npm not found" >&2; \
	  echo "  hint: install Deno 2.9 or newer, or Node.js with npm" >&2; exit 1; }
	@echo "Installing Deno $(DENO_VERSION) into .deno/" >&2
	@mkdir -p .deno && find .deno -maxdepth 1 -name 'install.*' -mmin +60 -exec rm -rf {} +
	@staging=$$(mktemp -d .deno/install.XXXXXX) || exit 1; \
	trap 'rm -rf "$$staging"' EXIT; trap 'exit 1' HUP INT TERM; \
	certificates=/etc/ssl/certs/ca-certificates.crt; \
	if [ -z "$$NODE_EXTRA_CA_CERTS" ] && [ -r $$certificates ]; then export NODE_EXTRA_CA_CERTS=$$certificates; fi; \
	npm install --prefix "$$staging" $(NPM_CACHE) --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
	  --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 4000 \
	  deno@$(DENO_VERSION) >"$$staging/log" 2>&1 || { \
	  tail -n 15 "$$staging/log" >&2; \
	  echo "error: Cannot install Deno $(DENO_VERSION): npm failed as above" >&2; exit 1; }; \
	found=$$(find "$$staging/node_modules/@deno" -type f -name deno 2>/dev/null); \
	[ -n "$$found" ] && "$$found" --version >/dev/null || { \
	  echo "error: Cannot install Deno $(DENO_VERSION): npm has no version that runs on this machine" >&2; exit 1; }; \
	mkdir -p $(@D) && mv "$$found" $@
