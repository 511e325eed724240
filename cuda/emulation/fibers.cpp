#include "fibers.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <queue>
#include <string>
#include <utility>

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulate {

Fiber* current = nullptr;
Index block_size{}, grid_size{};
RaceHooks race_hooks = {[] {},
                        [](Block&) {},
                        [](Block&) {},
                        [](const void*) {},
                        [](const void*) {},
                        [](const void*, bool) {},
                        [](void*, size_t) {},
                        [](void*) {}};

namespace {

// A fiber that can run, with its key.
struct Ready {
  uint64_t key;
  Fiber* fiber;
  bool operator<(const Ready& other) const { return key > other.key; }  // the queue's top has the lowest key
};

// The state of the running launch; a launch holds `mutex`.
struct Machine {
  std::mutex mutex;
  std::vector<Fiber> fibers;
  std::vector<Block> blocks;
  std::function<void()> body;
  void* host_stack_pointer = nullptr;
  bool from_host = false;  // true until the first fiber of a launch has been entered, from the host's stack
  size_t alive = 0;
  std::queue<Fiber*> in_turn;        // the ready fibers, without a seed
  std::priority_queue<Ready> ready;  // the ready fibers, with a seed
  std::vector<Fiber*> paused;        // fibers that wait for a change of a counter
  uint64_t random = 0;               // state of the random generator; 0 without a seed
  bool ranks_blocks = false, ranks_threads = false;
  uint64_t lowest_rank = 0;
  std::string left_out;   // file of the call to leave out
  int left_out_line = 0;  // its line; 0 if no call is left out
  char* stacks = nullptr;
  size_t stack_count = 0;

  Machine() {
    if (const char* seed = getenv("MLPCUDA_EMULATE_SEED")) random = strtoull(seed, nullptr, 10) * 0x9E3779B97F4A7C15ull;
    if (const char* place = getenv("MLPCUDA_EMULATE_WITHOUT")) left_out = place;
    const size_t colon = left_out.rfind(':');
    if (colon == std::string::npos) return;
    left_out_line = atoi(left_out.c_str() + colon + 1);
    left_out.resize(colon);
  }
};
Machine& machine = *new Machine;  // never freed: the launches of other threads may outlive static destructors

uint64_t draw() {
  machine.random ^= machine.random << 13;
  machine.random ^= machine.random >> 7;
  machine.random ^= machine.random << 17;
  return machine.random;
}

// Saves the callee-saved registers on this stack and the stack pointer in `from`, and continues on the stack `to`.
extern "C" void mlp_emulate_switch(void** from, void* to);
#if defined(__x86_64__)
asm(R"(
.text
.globl mlp_emulate_switch
.hidden mlp_emulate_switch
.type mlp_emulate_switch, @function
mlp_emulate_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
constexpr size_t SAVED_WORDS = 6;
#else
#error "The emulation can switch stacks on x86-64 only"
#endif

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer needs a call before and after every switch of stacks. The first gives the bounds of the host's stack.
const void* host_stack = nullptr;
size_t host_stack_bytes = 0;
void announce(const Fiber* to) {
  __sanitizer_start_switch_fiber(nullptr, to ? to->stack : host_stack, to ? STACK_BYTES : host_stack_bytes);
}
void arrived(bool from_host = false) {
  __sanitizer_finish_switch_fiber(nullptr, from_host ? &host_stack : nullptr, from_host ? &host_stack_bytes : nullptr);
}
#else
void announce(const Fiber*) {}
void arrived(bool = false) {}
#endif

// Fibers with lower keys run first.
uint64_t key_of(const Fiber& fiber) {
  constexpr int BITS = 40;
  const uint64_t own = machine.ranks_threads ? fiber.rank : draw();
  return (machine.ranks_blocks ? fiber.block->rank << BITS : 0) | (own & ((uint64_t(1) << BITS) - 1));
}

void make_ready(Fiber* fiber) {
  if (machine.random) {
    machine.ready.push({key_of(*fiber), fiber});
  } else {
    machine.in_turn.push(fiber);
  }
}

// Removes the next fiber to run from the queue.
Fiber* next_fiber() {
  if (machine.ready.empty() && machine.in_turn.empty()) {
    fprintf(stderr, "emulation: deadlock, no thread can run; the last was thread %u of block %u, after %s:%d\n",
            current->thread.x, current->block->index.x, current->last.file, current->last.line);
    std::_Exit(3);
  }
  if (!machine.random) {
    Fiber* next = machine.in_turn.front();
    machine.in_turn.pop();
    return next;
  }
  Fiber* next = machine.ready.top().fiber;
  machine.ready.pop();
  constexpr uint64_t TURNS = 1024;  // average number of turns after which the first block becomes the last
  if (machine.ranks_blocks && draw() % TURNS == 0) next->block->rank = ++machine.lowest_rank;
  return next;
}

// Switches to the next fiber. Before, the caller has added the current fiber to a queue, unless it is done.
void switch_fiber() {
  Fiber *from = current, *to = next_fiber();
  if (from == to) return;
  current = to;
  announce(to);
  mlp_emulate_switch(&from->stack_pointer, to->stack_pointer);
  arrived();
}

void run_fiber() {
  arrived(machine.from_host);
  machine.from_host = false;
  machine.body();
  Fiber* from = current;
  if (--machine.alive == 0) {
    announce(nullptr);
    mlp_emulate_switch(&from->stack_pointer, machine.host_stack_pointer);
  }
  switch_fiber();
  abort();  // a fiber that is done is never switched to
}

// Waits at a barrier. The last fiber to arrive calls `on_complete` and makes all of them ready.
template <class OnComplete>
void wait(Barrier& barrier, const OnComplete& on_complete) {
  barrier.waiting.push_back(current);
  if (barrier.waiting.size() == barrier.size) {
    on_complete();
    for (Fiber* fiber : barrier.waiting) make_ready(fiber);
    barrier.waiting.clear();
  }
  switch_fiber();
}

// Runs the blocks in `indices` in turns.
void run_blocks(const std::vector<unsigned>& indices, unsigned threads, size_t shared_bytes) {
  machine.blocks.clear();
  machine.blocks.resize(indices.size());
  machine.fibers.resize(indices.size() * threads);
  if (machine.stack_count < machine.fibers.size()) {
    if (machine.stacks) munmap(machine.stacks, machine.stack_count * STACK_BYTES);
    machine.stack_count = machine.fibers.size();
    void* stacks = mmap(nullptr, machine.stack_count * STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED) abort();
    machine.stacks = static_cast<char*>(stacks);
  }
  for (size_t b = 0; b < indices.size(); b++) {
    Block& block = machine.blocks[b];
    block.index = {indices[b]};
    block.shared_bytes = shared_bytes;
    block.shared.reset(new char[std::max<size_t>(shared_bytes, 1)]);
    memset(block.shared.get(), 0xFF, shared_bytes);  // a float of such bytes is a NaN
    block.barrier.size = threads;
    block.rank = ++machine.lowest_rank;  // `indices` are in random order
    block.warps.resize((threads + 31) / 32);
    for (size_t w = 0; w < block.warps.size(); w++) {
      block.warps[w].barrier.size = std::min<size_t>(32, threads - 32 * w);
    }
    race_hooks.begin_block(block);
    for (unsigned t = 0; t < threads; t++) {
      Fiber& fiber = machine.fibers[b * threads + t];
      char* stack = machine.stacks + (b * threads + t) * STACK_BYTES;
      // At the top: the registers that the switch restores, then the address to which it returns, then 8 bytes so that the
      // stack is aligned as after a call.
      void** top = reinterpret_cast<void**>(stack + STACK_BYTES) - (SAVED_WORDS + 2);
      memset(top, 0, SAVED_WORDS * sizeof *top);
      top[SAVED_WORDS] = reinterpret_cast<void*>(run_fiber);
      top[SAVED_WORDS + 1] = nullptr;
      fiber = {top, stack, &block, {t}, machine.random ? draw() : 0, {"the start", 0}};
      make_ready(&fiber);
    }
  }
  current = next_fiber();
  machine.alive = machine.fibers.size();
  machine.from_host = true;
  announce(current);
  mlp_emulate_switch(&machine.host_stack_pointer, current->stack_pointer);
  arrived();
}

}  // namespace

bool is_left_out(const char* file, int line) {
  if (line != machine.left_out_line) return false;
  const char* slash = strrchr(file, '/');
  return machine.left_out == (slash ? slash + 1 : file);
}

void wait_for_block(const char* file, int line) {
  Block& block = *current->block;
  current->last = {file, line};
  wait(block.barrier, [&] { race_hooks.pass_barrier(block); });
}

void wait_for_warp() {
  wait(current->block->warps[current->thread.x / 32].barrier, [] {});
}

void pause() {
  machine.paused.push_back(current);
  switch_fiber();
}

uint64_t read_time() {
  static std::atomic<uint64_t> now{0};
  return now += 64;
}

void wake_paused() {
  for (Fiber* fiber : machine.paused) make_ready(fiber);
  machine.paused.clear();
  make_ready(current);
  switch_fiber();
}

bool is_on_stack(const void* address) {
  const char* at = static_cast<const char*>(address);
  return at >= machine.stacks && at < machine.stacks + machine.stack_count * STACK_BYTES;
}

bool is_running() { return machine.alive > 0; }

// The end of the runtime when the process ends. As on a GPU, no kernel may be running then.
static const struct Teardown {
  ~Teardown() {
    if (!is_running()) return;
    fprintf(stderr, "emulation: the process ends while a kernel is running\n");
    std::_Exit(4);
  }
} teardown;

void wait_for_launch() { std::lock_guard<std::mutex> lock(machine.mutex); }

void run(unsigned blocks, unsigned threads, size_t shared_bytes, bool together, std::function<void()> body) {
  std::lock_guard<std::mutex> lock(machine.mutex);
  machine.body = std::move(body);
  block_size = {threads};
  grid_size = {blocks};
  machine.lowest_rank = 0;
  std::vector<unsigned> order(blocks);
  for (unsigned b = 0; b < blocks; b++) order[b] = b;
  if (machine.random) {
    const uint64_t kind = draw() >> 32;
    machine.ranks_blocks = kind & 1;
    machine.ranks_threads = kind & 2;
    for (unsigned b = blocks; b > 1; b--) std::swap(order[b - 1], order[draw() % b]);
  }
  race_hooks.begin_launch();
  if (together) return run_blocks(order, threads, shared_bytes);
  for (unsigned b : order) run_blocks({b}, threads, shared_bytes);
}

}  // namespace emulate
