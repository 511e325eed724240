// The threads of an emulated launch: one fiber each, all on the calling thread of the CPU, and which of them runs next.
//
// A fiber runs until it waits for others, at a barrier or for a counter, or tells others that they may go on. Without a seed
// those that can go on take turns. With one, that with the lowest key goes on, and each launch draws how keys are given: at
// random anew every time, or so that some blocks, some threads or both run ahead for long and others starve, in an order
// that changes now and then. Where no fiber can go on, the launch would hang on a GPU; the program ends with a message.
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
  races::BlockState* races;  // null where none are detected
};

// Where in the kernels' sources something was called.
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
  Caller last;  // barrier that it passed
};

constexpr size_t STACK_BYTES = 128 << 10;

// What the twins of CUDA's intrinsics need to know of the launch that is running. There is one at a time in the process.
extern Fiber* current;
extern Index block_size, grid_size;

// Whether this call is the one that MLPCUDA_EMULATE_WITHOUT leaves out, such as "persistent.cu:77".
bool is_left_out(const char* file, int line);

// What a barrier, a shuffle and a loop that waits for a counter do.
void wait_for_block(const char* file, int line);
void wait_for_warp();
void pause();

// Lets those who paused look again, and others go on before the caller does.
void wake_paused();

// Runs a launch: all blocks together, or one after the other.
void run(unsigned blocks, unsigned threads, size_t shared_bytes, bool together, std::function<void()> body);

// Whether an address is on the stack of a fiber.
bool is_on_stack(const void* address);
// Whether a fiber is running, not the host.
bool is_running();

// What the race detector is told; see races.cpp, which is linked where the kernels are compiled with -fsanitize=thread.
struct RaceHooks {
  void (*begin_launch)();
  void (*begin_block)(Block&);
  void (*pass_barrier)(Block&);
  void (*release)(const void* word);
  void (*acquire)(const void* word);
  void (*access_word)(const void* word, bool write);  // atomically
  void (*allocate)(void* address, size_t bytes);
  void (*free)(void* address);
};
extern RaceHooks race_hooks;

}  // namespace emulate
