// The threads of an emulated launch and their scheduler. Each thread is a fiber; all fibers run on one thread of the CPU.
//
// A fiber runs until it waits at a barrier or for a counter, or until it changes a counter. Without a seed, the ready fibers
// take turns. With a seed, the ready fiber with the lowest key runs next. Each launch chooses at random how keys are assigned:
// a new random key every time, or keys by which some blocks, some threads or both run far ahead while others starve; that
// order changes from time to time. If no fiber is ready, the launch would hang on a GPU; the program ends with a message.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace emulate {

struct Index {
  unsigned x;
};

struct Fiber;

struct Barrier {
  unsigned size = 0;
  std::vector<Fiber*> waiting;
};

struct Warp {
  Barrier barrier;
  float slots[32];
};

namespace races {
struct BlockState;
}

struct Block {
  Index index;
  size_t shared_bytes;
  std::unique_ptr<char[]> shared;
  Barrier barrier;
  std::vector<Warp> warps;
  uint64_t rank;
  races::BlockState* races;  // null without the race detector
};

// The place of a call in the kernels' sources.
struct Caller {
  const char* file;
  int line;
};

struct Fiber {
  void* stack_pointer;
  void* stack;
  Block* block;
  Index thread;
  uint64_t rank;
  Caller last;  // the last barrier at which the thread arrived
};

constexpr size_t STACK_BYTES = 128 << 10;

// The running thread and the sizes of the running launch. One launch at a time runs in the process.
extern Fiber* current;
extern Index block_size, grid_size;

// Returns whether MLPCUDA_EMULATE_WITHOUT names this call, such as "counters.cuh:13", so that it is left out.
bool is_left_out(const char* file, int line);

// Waits at the barrier of the block, called at this place.
void wait_for_block(const char* file, int line);
// Waits at the barrier of the warp; a shuffle has two.
void wait_for_warp();
// Waits until a counter has changed.
void pause();
// Called after a counter has changed: makes the paused fibers ready, and lets other fibers run.
void wake_paused();

// Returns a time in nanoseconds that is made up: it advances by 64 with every reading.
uint64_t read_time();

// Runs a launch: its blocks in turns if `together`, else one after the other.
void run(unsigned blocks, unsigned threads, size_t shared_bytes, bool together, std::function<void()> body);

// Returns whether an address is on the stack of a fiber.
bool is_on_stack(const void* address);
// Returns whether a launch is running, and waits until none is.
bool is_running();
void wait_for_launch();

// The functions of the race detector. They do nothing unless races.cpp is linked, as it is if the kernels are compiled with
// -fsanitize=thread.
struct RaceHooks {
  void (*begin_launch)();
  void (*begin_block)(Block&);
  void (*pass_barrier)(Block&);
  void (*release)(const void* word);
  void (*acquire)(const void* word);
  void (*access_word)(const void* word, bool write);  // an atomic access
  void (*allocate)(void* address, size_t bytes);
  void (*free)(void* address);
};
extern RaceHooks race_hooks;

}  // namespace emulate
