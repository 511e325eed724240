// phases: the time of each phase of a step of the persistent kernel, in some of its blocks: the first one, the last one that
// computes rows of the tail, the middle one and the last one.
//
// The kernel is that of the library, run with a clock: when a phase ends, one thread of such a block writes the cycles of its
// multiprocessor to device memory, where those of the last steps stay. Warp 0 reads the clock as soon as it has done its
// own part; what other warps do after that counts in the next phase, until its first barrier. Every 8th step, the thread also
// writes the time in nanoseconds, which is the same in all blocks but advances in ticks; the mean difference between this time
// and the cycles aligns the blocks. `ends` is when a phase ends, in microseconds from the beginning of the step in the first
// block. The steps with and without the clock are timed, too, to show what the clock costs.
#include "../persistent_kernel.cuh"
#include "../persistent_layout.hpp"
#include "clocks.cuh"
#include "timing.cuh"
#include "training_plan.hpp"

namespace {

constexpr const char* PHASE_NAMES[PHASES] = {"forward", "hop 1",    "parts",   "tail",
                                             "hop 2",   "backward", "weights", "small"};

// What a block writes: the numbers of the clock, shifted, with the phase that has ended, or one of these, in the lowest bits.
constexpr int CODE_BITS = 4, START = 14, NANOSECONDS = 15;
constexpr uint32_t ENTRIES = 4096;  // that stay of each block
constexpr int NANOSECONDS_EVERY = 8;  // steps
constexpr int MOST_WATCHED = 4;

struct Watched {
  int count;
  int blocks[MOST_WATCHED];
  uint64_t* entries;  // (count, ENTRIES): number n of a block is at n % ENTRIES
  uint32_t* written;  // (count): how many entries each block has written
};

struct TimedPersistent {
  Persistent kernel;
  Watched watched;
};

// The clock of one thread. It does nothing if `entries` is null.
struct PhaseClock {
  uint64_t* entries = nullptr;
  uint32_t written = 0, steps = 0;

  __device__ __forceinline__ void start() {
    if (entries) write(START, read_cycles());
  }
  __device__ __forceinline__ void mark(Phase phase) {
    if (!entries) return;
    write(static_cast<int>(phase), read_cycles());
    if (phase == Phase::small && ++steps % NANOSECONDS_EVERY == 0) write(NANOSECONDS, read_nanoseconds());
  }
  __device__ __forceinline__ void write(int code, uint64_t number) {
    entries[written++ % ENTRIES] = number << CODE_BITS | code;
  }
};

template <InputKind KIND>
__global__ void __launch_bounds__(PERSISTENT_THREADS, 1) timed_kernel(const __grid_constant__ TimedPersistent timed) {
  PhaseClock clock;
  const Watched& watched = timed.watched;
  int own = -1;
  for (int index = 0; index < watched.count; index++) {
    if (watched.blocks[index] == static_cast<int>(blockIdx.x) && threadIdx.x == 0) own = index;
  }
  if (own >= 0) clock.entries = watched.entries + own * ENTRIES;
  run_persistent<KIND>(timed.kernel, clock);
  if (own >= 0) watched.written[own] = clock.written;
}

int code_of(uint64_t entry) { return static_cast<int>(entry & ((1 << CODE_BITS) - 1)); }
uint64_t number_of(uint64_t entry) { return entry >> CODE_BITS; }

// A step of a block: the cycles at its beginning, and those at the end of each phase that the block has; 0 for the others.
struct Step {
  double begin = 0, ends[PHASES] = {}, cycles[PHASES] = {};
};

// The steps of a block that stayed in memory, the last one last, and pairs of cycles and nanoseconds that belong together.
struct History {
  std::vector<Step> steps;
  std::vector<std::pair<double, double>> clocks;
};

// Reads what a block has written. Cycles count from its first entry and nanoseconds from `base`, so that doubles are exact.
History history_of(const uint64_t* entries, uint32_t written, uint64_t base) {
  History history;
  Step step;
  const uint32_t first = written > ENTRIES ? written - ENTRIES : 0;
  uint64_t first_cycles = 0, last = 0;
  bool begun = false, whole = false;  // whether cycles have been read, and whether the beginning of the step is known
  for (uint32_t index = first; index < written; index++) {
    const uint64_t entry = entries[index % ENTRIES], number = number_of(entry);
    const int code = code_of(entry);
    if (code == NANOSECONDS) {
      const double nanoseconds = static_cast<double>(static_cast<int64_t>(number - base));
      if (begun) history.clocks.emplace_back(static_cast<double>(last - first_cycles), nanoseconds);
      continue;
    }
    if (!begun) first_cycles = number;
    const double now = static_cast<double>(number - first_cycles);
    if (code != START && whole) {
      step.cycles[code] += static_cast<double>(number - last);
      step.ends[code] = now;
    }
    if (code == static_cast<int>(Phase::small) || code == START) {
      if (code != START && whole) history.steps.push_back(step);
      step = {};
      step.begin = now;
      whole = true;
    }
    begun = true;
    last = number;
  }
  return history;
}

// Returns the first time in nanoseconds that a block has written.
uint64_t first_nanoseconds(const uint64_t* entries, uint32_t written) {
  for (uint32_t index = written > ENTRIES ? written - ENTRIES : 0; index < written; index++) {
    if (code_of(entries[index % ENTRIES]) == NANOSECONDS) return number_of(entries[index % ENTRIES]);
  }
  return 0;
}

// Turns the cycles of a block into microseconds since a moment that is the same for all blocks.
struct Aligned {
  double gigahertz, offset;
  double microseconds(double cycles) const { return (cycles / gigahertz + offset) / 1000; }
};
Aligned align(const History& history, double gigahertz) {
  double sum = 0;
  for (const auto& [cycles, nanoseconds] : history.clocks) sum += nanoseconds - cycles / gigahertz;
  return {gigahertz, sum / static_cast<double>(history.clocks.size())};
}

void add_phases(Report& report, const std::string& network, const std::vector<int>& blocks, const std::vector<History>& all) {
  need(!all[0].steps.empty() && all[0].clocks.size() >= 2, "the clock of a block has not written enough steps");
  const auto &begin = all[0].clocks.front(), &end = all[0].clocks.back();
  const double gigahertz = (end.first - begin.first) / (end.second - begin.second);
  const Aligned first = align(all[0], gigahertz);
  for (size_t block = 0; block < all.size(); block++) {
    const History& history = all[block];
    const Aligned own = align(history, gigahertz);
    const size_t count = std::min(history.steps.size(), all[0].steps.size());
    const auto step_of = [&](const History& from, size_t index) -> const Step& {
      return from.steps[from.steps.size() - count + index];
    };
    // Adds a line for what ends with the phase `last` and takes `cycles_of(step)`.
    const auto add = [&](const std::string& phase, int last, const auto& cycles_of) {
      std::vector<double> cycles, ends;
      for (size_t index = 0; index < count; index++) {
        const Step& step = step_of(history, index);
        if (step.ends[last] == 0) continue;  // the block has no such phase
        cycles.push_back(cycles_of(step));
        ends.push_back(own.microseconds(step.ends[last]) - first.microseconds(step_of(all[0], index).begin));
      }
      if (cycles.empty()) return;
      const std::string number = std::to_string(blocks[block]);
      report.add({"persistent step, block " + number + ", " + phase, "cycles", sample_of(cycles), 0, "",
                  {{"network", network}, {"phase", phase}}, {{"block", blocks[block]}, {"ends", sample_of(ends).median}}});
    };
    for (int phase = 0; phase < PHASES; phase++) {
      add(PHASE_NAMES[phase], phase, [&](const Step& step) { return step.cycles[phase]; });
    }
    const int last = static_cast<int>(Phase::small);
    add("step", last, [&](const Step& step) { return step.ends[last] - step.begin; });
  }
}

void time_network(const Request& request, Report& report, const TrainingShape& shape) {
  const std::string network = network_name(shape.widths, shape.batch);
  TrainingPlan training(shape, MLP_PATH_PERSISTENT);
  PersistentLayout* layout = training.plan().persistent();
  if (!layout) return report.skip("phases of " + network, training.plan().describe());
  need(layout->kernel.inputs.kind() == InputKind::bytes, "The inputs need to be a multiple of 4");
  training.run_epoch();

  Timer timer(request);
  cudaStream_t stream = timer.stream();
  const int blocks = layout->blocks, owners = divide_up(static_cast<int>(shape.batch), layout->kernel.tail_rows);
  std::vector<int> watched = {0, owners - 1, blocks / 2, blocks - 1};
  std::sort(watched.begin(), watched.end());
  watched.erase(std::unique(watched.begin(), watched.end()), watched.end());
  DeviceMemory<uint64_t> entries(watched.size() * ENTRIES);
  DeviceMemory<uint32_t> written(watched.size());
  TimedPersistent timed{layout->kernel, {static_cast<int>(watched.size()), {}, entries.get(), written.get()}};
  std::copy(watched.begin(), watched.end(), timed.watched.blocks);

  Progress start{};
  start.run = 1;
  start.steps = shape.steps;
  start.count = training.rows();
  const auto prepare = [&] {
    layout->words.fill_with_zeros(stream);
    check(cudaMemcpyAsync(layout->kernel.progress, &start, sizeof start, cudaMemcpyHostToDevice, stream));
    check(cudaStreamSynchronize(stream));
  };
  const size_t bytes = layout->kernel.shared_floats * sizeof(float);
  const Grid grid = {static_cast<unsigned>(blocks), PERSISTENT_THREADS, bytes};
  check(allow_shared_memory(timed_kernel<InputKind::bytes>, bytes));
  const Site site = {stream, layout->kernel.progress, shape.batch, blocks};
  // Both in turns, so that a change of the GPU's clock changes both.
  std::vector<double> with, without;
  for (int index = 0; index < timer.samples() + 3; index++) {
    prepare();
    const double plain = timer.time([&] { check(launch_persistent(site, layout->kernel, blocks)); });
    prepare();
    const double clocked = timer.time([&] { check(launch_together(stream, grid, timed_kernel<InputKind::bytes>, timed)); });
    if (index < 3 && !request.quick) continue;
    without.push_back(plain / shape.steps);
    with.push_back(clocked / shape.steps);
  }
  Progress end{};
  check(cudaMemcpyAsync(&end, layout->kernel.progress, sizeof end, cudaMemcpyDeviceToHost, stream));
  std::vector<uint64_t> numbers(entries.count());
  std::vector<uint32_t> counts(written.count());
  entries.read(numbers.data(), numbers.size(), stream);
  written.read(counts.data(), counts.size(), stream);
  check(cudaStreamSynchronize(stream));
  need(end.step == shape.steps, "the kernel with a clock has ended early");

  const std::vector<std::pair<std::string, std::string>> labels = {{"network", network}, {"phase", "step"}};
  report.add({"persistent step, without the clock", "µs", sample_of(without), 0, "", labels});
  report.add({"persistent step, with the clock", "µs", sample_of(with)});
  std::vector<History> all;
  const uint64_t base = first_nanoseconds(numbers.data(), counts[0]);
  for (size_t index = 0; index < watched.size(); index++) {
    all.push_back(history_of(&numbers[index * ENTRIES], counts[index], base));
  }
  add_phases(report, network, watched, all);
}

void run(const Request& request, Report& report) {
  check(cudaSetDevice(0));
  if (request.quick) return time_network(request, report, {{20, 16, 4}, 8, 24});
  time_network(request, report, {{784, 128, 64, 10}, 128, 469});
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
