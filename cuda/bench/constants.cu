// constants: what the model of a step assumes about a GPU, measured: the ticks of its clocks, the time of a load from the L1
// and the L2, of a wait between blocks (a hop), and of the edge between two kernels of a graph; and the limits of limits.cuh.
//
//   hop      two blocks take turns: one adds to a counter (release), the other waits for it (acquire) and adds to the next. The
//            time of a hop is half of a turn. One thread of each block does it, for three pairs of blocks.
//   wait     all blocks arrive at one counter and wait for all others, with arrive() and wait_for() of the persistent kernel:
//            256 threads, each of which has written 16 bytes and then reads those of another block, which are checked.
//   edge     empty kernels one after the other in a graph; with one block, and with a block of 256 threads a multiprocessor.
//   load     a chain of loads by one thread, each of which gives the index of the next, with the computation of its address.
#include <set>

#include "../counters.cuh"
#include "limits.cuh"

namespace {

constexpr int WAIT_THREADS = 256;

// ---- clocks ----

// Writes `count` different readings of the nanoseconds, one after the other.
__global__ void ticks_kernel(uint64_t* readings, int count) {
  uint64_t last = read_nanoseconds();
  for (int index = 0; index < count; index++) {
    uint64_t now = last;
    while (now == last) now = read_nanoseconds();
    readings[index] = last = now;
  }
}

// Writes the cycles and the nanoseconds that pass while one thread waits for `nanoseconds`.
__global__ void rate_kernel(uint64_t* passed, uint64_t nanoseconds) {
  const uint64_t begin = read_nanoseconds(), cycles = read_cycles();
  uint64_t now = begin;
  while (now - begin < nanoseconds) now = read_nanoseconds();
  passed[0] = read_cycles() - cycles;
  passed[1] = now - begin;
}

template <class T>
std::vector<T> read_all(const DeviceMemory<T>& memory, cudaStream_t stream) {
  std::vector<T> values(memory.count());
  memory.read(values.data(), values.size(), stream);
  check(cudaStreamSynchronize(stream));
  return values;
}

uint64_t greatest_common_divisor(uint64_t a, uint64_t b) { return b == 0 ? a : greatest_common_divisor(b, a % b); }

void add_clocks(const Request& request, Timer& timer, Report& report) {
  cudaStream_t stream = timer.stream();
  DeviceMemory<uint64_t> readings(request.quick ? 8 : 256), passed(2);
  check(launch(stream, Grid{1, 1, 0}, ticks_kernel, readings.get(), static_cast<int>(readings.count())));
  const std::vector<uint64_t> times = read_all(readings, stream);
  uint64_t tick = 0;
  std::vector<double> steps;
  for (size_t index = 1; index < times.size(); index++) {
    const uint64_t step = times[index] - times[index - 1];
    tick = greatest_common_divisor(tick, step);
    steps.push_back(static_cast<double>(step));
  }
  const double nanoseconds = static_cast<double>(tick);
  const Sample sample = {nanoseconds, nanoseconds, nanoseconds, static_cast<int>(steps.size())};
  report.add({"tick of the clock in nanoseconds, common divisor of its steps", "ns", sample});
  report.add({"step of that clock, read in a loop", "ns", sample_of(steps)});

  std::vector<double> rates;
  for (int index = 0; index < timer.samples(); index++) {
    check(launch(stream, Grid{1, 1, 0}, rate_kernel, passed.get(), static_cast<uint64_t>(request.quick ? 1000 : 2'000'000)));
    const std::vector<uint64_t> both = read_all(passed, stream);
    rates.push_back(static_cast<double>(both[0]) / static_cast<double>(both[1]));
  }
  report.add({"clock of a multiprocessor", "GHz", sample_of(rates)});
}

// ---- waits between blocks ----

// A pair of blocks that take turns, 0 and `other`. Block 0 writes the cycles and nanoseconds of the turns after the first ones.
struct Turns {
  uint32_t* counters;  // two, COUNTER_STRIDE words apart
  uint64_t* passed;
  unsigned other;
  uint32_t skipped, turns;
};
constexpr int COUNTER_STRIDE_OF_TURNS = 32;

__global__ void turns_kernel(Turns t) {
  uint32_t *first = t.counters, *second = t.counters + COUNTER_STRIDE_OF_TURNS;
  if (threadIdx.x != 0) return;
  if (blockIdx.x == 0) {
    uint64_t cycles = 0, nanoseconds = 0;
    for (uint32_t turn = 1; turn <= t.skipped + t.turns; turn++) {
      add_release(first, 1);
      while (load_acquire(second) < turn) pause();
      if (turn == t.skipped) {
        cycles = read_cycles();
        nanoseconds = read_nanoseconds();
      }
    }
    t.passed[0] = read_cycles() - cycles;
    t.passed[1] = read_nanoseconds() - nanoseconds;
  } else if (blockIdx.x == t.other) {
    for (uint32_t turn = 1; turn <= t.skipped + t.turns; turn++) {
      while (load_acquire(first) < turn) pause();
      add_release(second, 1);
    }
  }
}

// All blocks wait for each other in each round. `numbers` has two vectors for each thread, for odd and even rounds.
struct Rounds {
  uint32_t* counter;
  float4* numbers;
  uint32_t* old;  // numbers of a round before that a block has read: there must be none
  uint64_t* passed;
  uint32_t skipped, rounds;
};

__global__ void rounds_kernel(Rounds r) {
  const unsigned own = blockIdx.x * WAIT_THREADS + threadIdx.x, all = gridDim.x * WAIT_THREADS;
  const unsigned others = (blockIdx.x + 1) % gridDim.x * WAIT_THREADS + threadIdx.x;
  uint64_t cycles = 0, nanoseconds = 0;
  for (uint32_t round = 1; round <= r.skipped + r.rounds; round++) {
    const float number = static_cast<float>(round);
    float4* numbers = r.numbers + round % 2 * all;
    numbers[own] = make_float4(number, number, number, number);
    arrive(r.counter);
    wait_for(r.counter, round * gridDim.x);
    const float4 found = numbers[others];
    if (found.x != number || found.w != number) store_shared_word(r.old, round);
    if (round == r.skipped) {
      cycles = read_cycles();
      nanoseconds = read_nanoseconds();
    }
  }
  if (blockIdx.x != 0 || threadIdx.x != 0) return;
  r.passed[0] = read_cycles() - cycles;
  r.passed[1] = read_nanoseconds() - nanoseconds;
}

// Adds a line in microseconds, with the median of the cycles, for something that a kernel has done `times` times in each of the
// `passed` cycles and nanoseconds. `constant` is its name in the model.
void add_passed(Report& report, const std::string& name, const std::string& constant,
                const std::vector<std::pair<double, double>>& passed, double times) {
  std::vector<double> microseconds, cycles;
  for (const auto& [in_cycles, nanoseconds] : passed) {
    cycles.push_back(in_cycles / times);
    microseconds.push_back(nanoseconds / 1000 / times);
  }
  report.add({name, "µs", sample_of(microseconds), 0, "", {{"constant", constant}}, {{"cycles", sample_of(cycles).median}}});
}

void add_waits(const Request& request, Timer& timer, Report& report, int multiprocessors) {
  cudaStream_t stream = timer.stream();
  DeviceMemory<uint32_t> counters(2 * COUNTER_STRIDE_OF_TURNS), old(1);
  DeviceMemory<uint64_t> passed(2);
  DeviceMemory<float4> numbers(2ull * multiprocessors * WAIT_THREADS);
  const uint32_t skipped = request.quick ? 1 : 50, count = request.quick ? 3 : 500;
  const auto measure = [&](const auto& run) {
    std::vector<std::pair<double, double>> all;
    for (int index = 0; index < timer.samples(); index++) {
      counters.fill_with_zeros(stream);
      run();
      const std::vector<uint64_t> both = read_all(passed, stream);
      all.emplace_back(static_cast<double>(both[0]), static_cast<double>(both[1]));
    }
    return all;
  };
  // Blocks that need all shared memory of a multiprocessor are on different ones.
  int shared_bytes = 0;
  check(cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  check(allow_shared_memory(turns_kernel, shared_bytes));
  check(allow_shared_memory(rounds_kernel, shared_bytes));
  const unsigned blocks = static_cast<unsigned>(multiprocessors);
  if (blocks < 2) return report.skip("waits between blocks", "the device has one multiprocessor");
  for (unsigned other : std::set<unsigned>{1, blocks / 2, blocks - 1}) {
    if (other == 0) continue;
    const Turns turns = {counters.get(), passed.get(), other, skipped, count};
    const auto all = measure([&] {
      check(launch_together(stream, Grid{blocks, WARP, static_cast<size_t>(shared_bytes)}, turns_kernel, turns));
    });
    add_passed(report, "hop between blocks 0 and " + std::to_string(other), "hop", all, 2.0 * count);
  }
  old.fill_with_zeros(stream);
  const Rounds rounds = {counters.get(), numbers.get(), old.get(), passed.get(), skipped, count};
  const auto all = measure([&] {
    check(launch_together(stream, Grid{blocks, WAIT_THREADS, static_cast<size_t>(shared_bytes)}, rounds_kernel, rounds));
  });
  need(read_all(old, stream)[0] == 0, "a block has read an old number after a wait");
  add_passed(report, "wait of all blocks for all blocks", "hop", all, count);
}

// ---- loads ----

template <bool PAST_L1>
__global__ void chain_kernel(const uint32_t* next, uint64_t* passed, uint32_t* end, uint32_t loads) {
  uint32_t at = 0;
  for (int turn = 0; turn < 2; turn++) {  // the first turn fills the cache
    const uint64_t begin = read_cycles();
    for (uint32_t load = 0; load < loads; load++) at = PAST_L1 ? load_from_l2(next + at) : next[at];
    end[0] = at;
    passed[0] = read_cycles() - begin;
  }
}

// Measures loads of words that are `stride` words apart, in an array of `words` words.
template <bool PAST_L1>
void add_chain(const Request& request, Timer& timer, Report& report, const std::string& name, uint32_t words, uint32_t stride) {
  cudaStream_t stream = timer.stream();
  std::vector<uint32_t> next(words);
  for (uint32_t at = 0; at < words; at++) next[at] = (at + stride) % words;
  DeviceMemory<uint32_t> memory(words), end(1);
  DeviceMemory<uint64_t> passed(1);
  memory.write(next.data(), words, stream);
  const uint32_t loads = request.quick ? 4 : 4 * (words / stride);
  std::vector<double> each;
  for (int index = 0; index < timer.samples(); index++) {
    const uint32_t* first = memory.get();
    check(launch(stream, Grid{1, 1, 0}, chain_kernel<PAST_L1>, first, passed.get(), end.get(), loads));
    each.push_back(static_cast<double>(read_all(passed, stream)[0]) / loads);
  }
  report.add({name, "cycles", sample_of(each), 0, "", {{"constant", PAST_L1 ? "l2" : "l1"}}});
}

void run(const Request& request, Report& report) {
  int multiprocessors = 0;
  check(cudaSetDevice(0));
  check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, 0));
  Timer timer(request);
  const Limits limits = measure_limits(request, timer, multiprocessors);  // first, which warms the GPU up
  add_clocks(request, timer, report);
  add_waits(request, timer, report, multiprocessors);
  const std::vector<std::pair<std::string, std::string>> edge = {{"constant", "edge"}};
  report.add({"edge of a graph, empty kernels of 1 block", "µs", limits.edge, 0, "", edge});
  const Grid all = {static_cast<unsigned>(multiprocessors), WAIT_THREADS, 0};
  report.add({"edge of a graph, empty kernels of " + std::to_string(multiprocessors) + " blocks", "µs",
              timer.sample_in_graph([] {}, [&] { check(launch(timer.stream(), all, empty_kernel)); }), 0, "", edge});
  const int launches = request.quick ? 2 : 1000;
  report.add({"launch without a graph, empty kernels of 1 block", "µs", times(timer.sample([&] {
                for (int index = 0; index < launches; index++) check(launch(timer.stream(), Grid{1, 32, 0}, empty_kernel));
              }), 1.0 / launches)});
  add_chain<true>(request, timer, report, "load from the L2", 1 << 18, 32);
  add_chain<false>(request, timer, report, "load from the L1", 1 << 10, 32);
  report.add({"bytes read from the L2", "GB/s", times(limits.l2, 1e-3)});
  report.add({"bytes copied in the memory, read and written", "GB/s", times(limits.memory, 1e-3)});
  report.add({"float32 multiplications with additions, 2 operations each", "TFLOP/s", times(limits.operations, 1e-6)});
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
