# The programs that time the kernels on a GPU, and that run them on the CPU to test them; see README.md.

BENCHES := constants kernels phases
BENCH_HEADERS := $(wildcard bench/*.hpp bench/*.cuh)

.PHONY: bench bench-emulated

bench: ## build the programs that time the kernels: build/gpu/bench/constants, kernels and phases
	@$(MAKE) -j $(JOBS) $(BENCHES:%=build/gpu/bench/%)

bench-emulated: ## build these programs for the CPU, and run them with tiny sizes
	@$(MAKE) -j $(JOBS) $(BENCHES:%=build/emulated/bench/%)
	@for name in $(BENCHES); do build/emulated/bench/$$name --json >build/emulated/bench/$$name.json || exit 1; done
	@echo "the programs of cuda/bench have run"

test: bench-emulated

build/gpu/bench/%.o: bench/%.cu $(HEADERS) $(BENCH_HEADERS)
	$(compile_for_gpu)
build/gpu/bench/%: build/gpu/bench/%.o $(NAMES:%=build/gpu/%.o)
	@$(NVCC) -cudart static $^ -o $@

build/emulated/bench/%.o: bench/%.cu $(HEADERS) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	@$(CXX) -x c++ $(CXX_FLAGS) $(emulated_FLAGS) -c $< -o $@
build/emulated/bench/%: build/emulated/bench/%.o $(NAMES:%=build/emulated/%.o) build/emulated/fibers.o
	@$(CXX) -pthread $^ -o $@
.PRECIOUS: build/gpu/bench/%.o build/emulated/bench/%.o
