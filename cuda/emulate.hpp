// The CPU twin of prims.cuh: runs kernels on the calling thread, one fiber for each CUDA thread.
//
// What is emulated: blocks, threads, shared memory (filled with NaNs first), __syncthreads, shuffles, the counters that
// blocks wait for, the host's runtime calls, streams (each call is done when it returns) and graphs. Blocks of an ordinary
// launch run one after the other; those of launch_together() run in turns. With a seed, the order of blocks and of threads
// is random, so that a missing barrier shows.
// What is not: a missing release or acquire (there is one memory), races inside a warp, and anything about time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

namespace emulate {

struct Index {
  unsigned x;
};

struct Barrier {
  unsigned size = 0, waiting = 0, generation = 0;
};

struct Warp {
  Barrier barrier;
  float slots[32];
};

struct Block {
  Index index;
  std::unique_ptr<char[]> shared;
  Barrier barrier;
  std::vector<Warp> warps;
};

struct Fiber {
  void* stack_pointer;
  void* stack;
  Block* block;
  Index thread;
  bool done;
};

constexpr size_t STACK_BYTES = 128 << 10;

// The launch that is running. There is one at a time in the process: launches hold `mutex`.
struct Machine {
  std::mutex mutex;
  std::vector<Fiber> fibers;
  std::vector<Block> blocks;
  std::function<void()> body;
  Fiber* current = nullptr;
  void* host_stack_pointer = nullptr;
  bool from_host = false;  // the first fiber of a launch is entered from there
  size_t alive = 0;
  uint64_t idle_switches = 0;
  Index block_size{}, grid_size{};
  uint64_t random = 0;  // 0: blocks and threads in order
  void* stacks = nullptr;
  size_t stack_count = 0;
};

inline Machine& machine() {
  static Machine* instance = [] {
    auto* made = new Machine;  // never freed: the launches of other threads may outlive static destructors
    const char* seed = getenv("MLPCUDA_EMULATE_SEED");
    if (seed) made->random = strtoull(seed, nullptr, 10) * 0x9E3779B97F4A7C15ull;
    return made;
  }();
  return *instance;
}
inline Machine& here = machine();

// From now on, blocks and threads run in an order drawn from `seed`; 0 for their own order.
inline void set_seed(uint64_t seed) { here.random = seed * 0x9E3779B97F4A7C15ull; }

inline uint64_t draw() {
  here.random ^= here.random << 13;
  here.random ^= here.random >> 7;
  here.random ^= here.random << 17;
  return here.random;
}

// Saves the callee's registers on this stack, notes where, and goes on where `to` was noted.
extern "C" void mlp_emulate_switch(void** from, void* to);
#if defined(__x86_64__)
asm(R"(
.text
.weak mlp_emulate_switch
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
#error "The emulation knows how to switch stacks on x86-64 only"
#endif

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer is told of every switch, and tells in return where the host's own stack lies.
inline const void* host_stack = nullptr;
inline size_t host_stack_bytes = 0;
inline void announce(const Fiber* to) {
  __sanitizer_start_switch_fiber(nullptr, to ? to->stack : host_stack, to ? STACK_BYTES : host_stack_bytes);
}
inline void arrived(bool from_host = false) {
  __sanitizer_finish_switch_fiber(nullptr, from_host ? &host_stack : nullptr, from_host ? &host_stack_bytes : nullptr);
}
#else
inline void announce(const Fiber*) {}
inline void arrived(bool = false) {}
#endif

inline Fiber* next_fiber() {
  const size_t count = here.fibers.size();
  size_t index = here.current - here.fibers.data();
  if (here.random) index = (index + draw() % count) % count;
  do index = index + 1 == count ? 0 : index + 1;
  while (here.fibers[index].done);
  return &here.fibers[index];
}

// Lets another thread of the launch run.
inline void yield() {
  if (++here.idle_switches > 1'000'000 + 10'000 * here.fibers.size()) {
    fprintf(stderr, "emulation: deadlock, no thread of block %u gets on\n", here.current->block->index.x);
    abort();
  }
  Fiber *from = here.current, *to = next_fiber();
  if (from == to) return;
  here.current = to;
  announce(to);
  mlp_emulate_switch(&from->stack_pointer, to->stack_pointer);
  arrived();
}

inline void run_fiber() {
  arrived(here.from_host);
  here.from_host = false;
  here.body();
  Fiber* from = here.current;
  from->done = true;
  here.idle_switches = 0;
  if (--here.alive == 0) {
    announce(nullptr);
    mlp_emulate_switch(&from->stack_pointer, here.host_stack_pointer);
  }
  here.current = next_fiber();
  announce(here.current);
  mlp_emulate_switch(&from->stack_pointer, here.current->stack_pointer);
  abort();  // a fiber that is done is never switched to
}

inline void wait(Barrier& barrier) {
  const unsigned generation = barrier.generation;
  if (++barrier.waiting == barrier.size) {
    barrier.waiting = 0;
    barrier.generation++;
    here.idle_switches = 0;
    if (here.random) yield();
  } else {
    while (barrier.generation == generation) yield();
  }
}

inline Warp& warp() { return here.current->block->warps[here.current->thread.x / 32]; }
inline unsigned lane() { return here.current->thread.x % 32; }

inline float exchange(float value, unsigned source) {
  warp().slots[lane()] = value;
  wait(warp().barrier);
  const float received = warp().slots[source % 32];
  wait(warp().barrier);
  return received;
}

// Runs the blocks in `indices` together.
inline void run_blocks(const std::vector<unsigned>& indices, unsigned threads, size_t shared_bytes) {
  here.blocks.clear();
  here.blocks.resize(indices.size());
  here.fibers.resize(indices.size() * threads);
  if (here.stack_count < here.fibers.size()) {
    if (here.stacks) munmap(here.stacks, here.stack_count * STACK_BYTES);
    here.stack_count = here.fibers.size();
    here.stacks = mmap(nullptr, here.stack_count * STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (here.stacks == MAP_FAILED) abort();
  }
  for (size_t b = 0; b < indices.size(); b++) {
    Block& block = here.blocks[b];
    block.index = {indices[b]};
    block.shared.reset(new char[shared_bytes + 1]);
    memset(block.shared.get(), 0xFF, shared_bytes);  // a float of such bytes is a NaN
    block.barrier.size = threads;
    block.warps.resize((threads + 31) / 32);
    for (size_t w = 0; w < block.warps.size(); w++) {
      block.warps[w].barrier.size = std::min<size_t>(32, threads - 32 * w);
    }
    for (unsigned t = 0; t < threads; t++) {
      Fiber& fiber = here.fibers[b * threads + t];
      char* stack = static_cast<char*>(here.stacks) + (b * threads + t) * STACK_BYTES;
      // At the top: what the switch restores, then the address that it returns to, then 8 bytes so that the stack is
      // aligned as a call leaves it.
      void** top = reinterpret_cast<void**>(stack + STACK_BYTES) - (SAVED_WORDS + 2);
      memset(top, 0, SAVED_WORDS * sizeof *top);
      top[SAVED_WORDS] = reinterpret_cast<void*>(run_fiber);
      top[SAVED_WORDS + 1] = nullptr;
      fiber = {top, stack, &block, {t}, false};
    }
  }
  here.alive = here.fibers.size();
  here.idle_switches = 0;
  here.current = &here.fibers[here.random ? draw() % here.fibers.size() : 0];
  here.from_host = true;
  announce(here.current);
  mlp_emulate_switch(&here.host_stack_pointer, here.current->stack_pointer);
  arrived();
}

inline void run(unsigned blocks, unsigned threads, size_t shared_bytes, bool together, std::function<void()> body) {
  std::lock_guard<std::mutex> lock(here.mutex);
  here.body = std::move(body);
  here.block_size = {threads};
  here.grid_size = {blocks};
  std::vector<unsigned> order(blocks);
  for (unsigned b = 0; b < blocks; b++) order[b] = b;
  if (here.random) {
    for (unsigned b = blocks; b > 1; b--) std::swap(order[b - 1], order[draw() % b]);
  }
  if (together) return run_blocks(order, threads, shared_bytes);
  for (unsigned b : order) run_blocks({b}, threads, shared_bytes);
}

}  // namespace emulate

#define threadIdx (emulate::here.current->thread)
#define blockIdx (emulate::here.current->block->index)
#define blockDim (emulate::here.block_size)
#define gridDim (emulate::here.grid_size)

inline void __syncthreads() { emulate::wait(emulate::here.current->block->barrier); }
inline float __shfl_xor_sync(unsigned, float value, int mask) { return emulate::exchange(value, emulate::lane() ^ mask); }
inline void __threadfence() {}
inline uint32_t atomicAdd(uint32_t* address, uint32_t value) {
  const uint32_t before = *address;
  *address += value;
  return before;
}

template <class T>
T* shared_memory() {
  return reinterpret_cast<T*>(emulate::here.current->block->shared.get());
}
inline void add_release(uint32_t* counter, uint32_t value) {
  *counter += value;
  emulate::here.idle_switches = 0;
}
inline uint32_t load_acquire(const uint32_t* counter) { return *static_cast<const volatile uint32_t*>(counter); }
inline uint32_t load_shared_word(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
inline void store_shared_word(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }
inline float load_exchanged(const float* address) { return *address; }
inline float4 load_exchanged4(const float* address) { return *reinterpret_cast<const float4*>(address); }
inline void pause() { emulate::yield(); }

using std::isfinite;
using std::max;
using std::min;

#include "emulate_runtime.hpp"
