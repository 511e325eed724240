// Finds data races in emulated kernels: two accesses to one word of device or shared memory, at least one of them a write,
// that are not ordered. The compiler inserts a call for every load and store of code that is compiled with -fsanitize=thread;
// this file implements these calls in place of the sanitizer's library. It knows the order that CUDA guarantees:
//
// - Accesses of one thread are in program order.
// - Within a block, accesses before a __syncthreads() come before accesses after it. Shuffles order nothing.
// - Between blocks, accesses of a block before its last barrier before a release come before the accesses of a thread after an
//   acquire that reads the released value, and before those of the other threads of that thread's block after their next
//   barrier.
// - All accesses of a launch come before all accesses of the next launch.
//
// A race is reported even if it does no harm in the order in which the emulation runs. Atomic accesses race only with ordinary
// accesses. Loads and stores wider than a word must be aligned to their size, as on a GPU.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>

#include "fibers.hpp"

using namespace emulate;

namespace {

// An access by a thread of a launch. A block's phase is 1 plus the number of barriers that it has passed.
struct Event {
  unsigned block, phase, thread;
  bool atomic;
  Caller after;  // the last barrier that the thread passed
};
constexpr unsigned SEVERAL = ~0u;  // number for several threads

// The last accesses to a word of memory.
struct Word {
  uint64_t launch = 0;  // the launch of these accesses; 0 if there are none
  Event written{};
  bool is_written = false;
  std::vector<Event> reads;  // reads since the write; the last one of each block
};
using Words = std::vector<Word>;

// Phases of other blocks: the events of a block in earlier phases come before the current access.
using Clock = std::map<unsigned, unsigned>;

}  // namespace

struct emulate::races::BlockState {
  unsigned phase = 1;
  Clock known;                          // holds for all threads of the block
  std::map<unsigned, Clock> by_thread;  // holds for single threads, by their acquires since the last barrier
  Words shared;
};

namespace {

using races::BlockState;

struct Region {
  size_t bytes;
  Words words;
};

struct State {
  uint64_t launch = 0;
  std::unordered_map<unsigned, BlockState> blocks;        // of the launch, by index
  std::unordered_map<const void*, Clock> released;        // of the launch, by counter
  std::map<const char*, Region, std::greater<>> regions;  // device memory, in descending order of address
};

State& state() {
  static auto* instance = new State;
  return *instance;
}

// A cached result of find(), for 256 bytes: device memory is aligned to this.
struct Found {
  uintptr_t part = 0;
  const char *begin = nullptr, *end = nullptr;  // of the region; null if the address is not in device memory
  Words* words = nullptr;
};
constexpr size_t ALIGNMENT = 256, CACHE_SIZE = 4096;
Found cache[CACHE_SIZE];

// Returns the region of device memory that an address is in.
const Found& find(const char* at) {
  const uintptr_t part = reinterpret_cast<uintptr_t>(at) / ALIGNMENT;
  Found& found = cache[part % CACHE_SIZE];
  if (found.part == part) return found;
  found = {part, nullptr, nullptr, nullptr};
  const auto region = state().regions.lower_bound(at);
  if (region == state().regions.end() || at >= region->first + region->second.bytes) return found;
  Words& words = region->second.words;
  if (words.empty()) words.resize((region->second.bytes + 3) / 4);
  return found = {part, region->first, region->first + region->second.bytes, &words};
}

void join(Clock* clock, const Clock& other) {
  for (const auto& [block, phase] : other) {
    unsigned& known = (*clock)[block];
    known = std::max(known, phase);
  }
}

BlockState& own_block() { return *current->block->races; }

bool is_known(const Clock& clock, const Event& event) {
  const auto found = clock.find(event.block);
  return found != clock.end() && found->second > event.phase;
}

// Returns whether an event comes before the current access of the current thread.
bool is_before(const Event& event) {
  const BlockState& own = own_block();
  if (event.block == current->block->index.x) {
    return event.phase < own.phase || event.thread == current->thread.x;
  }
  if (is_known(own.known, event)) return true;
  const auto found = own.by_thread.find(current->thread.x);
  return found != own.by_thread.end() && is_known(found->second, event);
}

void print(const char* access, const Event& event) {
  const char* slash = strrchr(event.after.file, '/');
  fprintf(stderr, "  %s by block %u, %s %u, after %s:%d\n", access, event.block,
          event.thread == SEVERAL ? "several threads, barriers passed" : "thread",
          event.thread == SEVERAL ? event.phase - 1 : event.thread, slash ? slash + 1 : event.after.file, event.after.line);
}

[[noreturn]] void report(const char* kind, size_t offset, const char* before, const Event& first, const char* after,
                         const Event& second) {
  fprintf(stderr, "race: these accesses to byte %zu of %s are not ordered\n", offset, kind);
  print(before, first);
  print(after, second);
  std::_Exit(3);
}

void access_word(Word* word, const char* kind, size_t offset, bool write, bool atomic) {
  const Fiber& fiber = *current;
  const Event now = {fiber.block->index.x, own_block().phase, fiber.thread.x, atomic, fiber.last};
  if (word->launch != state().launch) {
    word->launch = state().launch;
    word->is_written = false;
    word->reads.clear();
  }
  if (word->is_written && !(atomic && word->written.atomic) && !is_before(word->written)) {
    report(kind, offset, "a write", word->written, write ? "a write" : "a read", now);
  }
  if (!write) {
    for (size_t at = word->reads.size(); at-- > 0;) {
      Event& read = word->reads[at];
      if (read.block != now.block || read.atomic != now.atomic) continue;
      if (read.phase == now.phase && read.thread != now.thread) {
        read.thread = SEVERAL;
      } else {
        read = now;
      }
      return;
    }
    word->reads.push_back(now);
    return;
  }
  for (const Event& read : word->reads) {
    if (!(atomic && read.atomic) && !is_before(read)) report(kind, offset, "a read", read, "a write", now);
  }
  word->reads.clear();
  word->written = now;
  word->is_written = true;
}

void access_bytes(const void* address, size_t bytes, bool write, bool atomic = false) {
  if (!is_running() || is_on_stack(address)) return;  // the host's memory, or a thread's own
  const char *at = static_cast<const char*>(address), *shared = current->block->shared.get();
  Words* words = nullptr;
  const char *begin = shared, *kind = "shared memory";
  if (at >= shared && at < shared + current->block->shared_bytes) {
    words = &own_block().shared;
  } else {
    const Found& found = find(at);
    if (at < found.begin || at >= found.end) return;  // the emulation's own memory
    begin = found.begin;
    kind = "device memory";
    words = found.words;
  }
  const size_t offset = at - begin;
  for (size_t word = offset / 4; word <= (offset + bytes - 1) / 4; word++) {
    access_word(&words->at(word), kind, offset, write, atomic);
  }
}

void begin_launch() {
  state().launch++;
  state().blocks.clear();
  state().released.clear();
}

void begin_block(Block& block) {
  block.races = &state().blocks[block.index.x];
  block.races->shared.resize((block.shared_bytes + 3) / 4);
}

void pass_barrier(Block& block) {
  BlockState& own = *block.races;
  own.phase++;
  for (const auto& [thread, clock] : own.by_thread) join(&own.known, clock);
  own.by_thread.clear();
}

void release(const void* word) {
  const BlockState& own = own_block();
  Clock* clock = &state().released[word];
  join(clock, own.known);
  const auto found = own.by_thread.find(current->thread.x);
  if (found != own.by_thread.end()) join(clock, found->second);
  join(clock, {{current->block->index.x, own.phase}});
}

void acquire(const void* word) {
  const auto found = state().released.find(word);
  if (found != state().released.end()) join(&own_block().by_thread[current->thread.x], found->second);
}

void access_atomically(const void* word, bool write) { access_bytes(word, 4, write, true); }

void allocate(void* address, size_t bytes) {
  state().regions[static_cast<const char*>(address)] = {bytes, {}};
  std::fill_n(cache, CACHE_SIZE, Found{});
}

void forget(void* address) {
  state().regions.erase(static_cast<const char*>(address));
  std::fill_n(cache, CACHE_SIZE, Found{});
}

const bool is_hooked = [] {
  race_hooks = {begin_launch, begin_block, pass_barrier, release, acquire, access_atomically, allocate, forget};
  return true;
}();

}  // namespace

// The functions that the compiler calls.
extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
#define ACCESSES(bytes)                                                                         \
  void __tsan_read##bytes(void* address) { access_bytes(address, bytes, false); }               \
  void __tsan_write##bytes(void* address) { access_bytes(address, bytes, true); }               \
  void __tsan_unaligned_read##bytes(void* address) { access_bytes(address, bytes, false); }     \
  void __tsan_unaligned_write##bytes(void* address) { access_bytes(address, bytes, true); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
void __tsan_read_range(void* address, unsigned long bytes) { access_bytes(address, bytes, false); }
void __tsan_write_range(void* address, unsigned long bytes) { access_bytes(address, bytes, true); }
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
int __tsan_atomic32_load(const volatile int* word, int) { return *word; }
int __tsan_atomic32_fetch_add(volatile int* word, int value, int) { return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST); }
void __tsan_atomic32_store(volatile int* word, int value, int) { *word = value; }
char __tsan_atomic8_load(const volatile char* byte, int) { return *byte; }
}
