// Records random plans through the C interface, many of them with faults, and runs those that the library accepts. Built with
// sanitizers for each library: `make -C cpu fuzz`, `make -C cuda fuzz`; `deno task fuzz` runs both.
//
//   fuzz [--seed N] [--from N] [--inputs N] [--seconds S]
//
// An input is a number: the seed and the number decide everything. A library may refuse a call with a status and a message, or do
// what mlp.h says; a wrong access, a race of sizes or an endless call ends the program, which then prints the input's number. A plan
// without faults must run, and must give the same bits on every path. The last line of the output is JSON.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "mlp.h"
#include "shared/tests/plan_script.hpp"

extern "C" __attribute__((visibility("default"), used)) const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=16:detect_stack_use_after_return=0:quarantine_size_mb=16";
}
extern "C" void __sanitizer_set_death_callback(void (*callback)(void));

namespace {

uint64_t seed = 1, input = 0;

void print_input() {
  fprintf(stderr, "fault in input %llu: run again with --seed %llu --from %llu --inputs 1\n",
          static_cast<unsigned long long>(input), static_cast<unsigned long long>(seed), static_cast<unsigned long long>(input));
}

[[noreturn]] void fail(const std::string& fault) {
  fprintf(stderr, "%s\n", fault.c_str());
  print_input();
  _exit(1);
}

void end_endless(int) {
  static const char text[] = "an input does not end\n";
  if (write(2, text, sizeof text - 1) < 0) _exit(3);
  print_input();
  _exit(3);
}

// Calls a function with room for a message of any size, and checks the message.
template <class Call>
int32_t checked(Random& random, const Call& call) {
  const uint32_t size = random.below(8) == 0 ? random.below(40) : 256;
  const std::unique_ptr<char[]> error(size == 0 ? nullptr : new char[size]);  // of exactly this size, for AddressSanitizer
  if (size > 0) memset(error.get(), 'x', size);
  const int32_t status = call(error.get(), size);
  if (status == MLP_OK) return status;
  if (status != MLP_INVALID && status != MLP_NO_DEVICE && status != MLP_DEVICE_UNSUPPORTED && status != MLP_OUT_OF_MEMORY) {
    fail("status " + std::to_string(status));
  }
  if (size == 0) return status;
  const size_t length = strnlen(error.get(), size);
  if (length == size) fail("a message without an end");
  if (length == 0 && size > 1) fail("an empty message");
  for (size_t at = 0; at < length; at++) {
    if (error[at] < 32 || error[at] > 126) fail("a message with the character " + std::to_string(error[at]));
  }
  if (length > 0 && length < size - 1 && error[length - 1] == '.') fail(std::string("a message that ends in a period: ") + error.get());
  return status;
}

// What a script did.
struct Outcome {
  bool finished = false;
  uint32_t refused = 0;           // calls
  std::vector<uint32_t> digests;  // bits of all results
};

void add_bits(Outcome& outcome, const float* values, size_t count) {
  for (size_t at = 0; at < count; at++) {
    uint32_t bits;
    memcpy(&bits, values + at, sizeof bits);
    outcome.digests.push_back(std::isnan(values[at]) ? 0x7fc00000u : bits);
  }
}

// Runs a script, with arrays of exactly the sizes that the calls name. `random` decides the numbers in them.
Outcome run_script(const Script& script, int32_t path, uint32_t threads, Random random) {
  Outcome outcome;
  int32_t status = 0;
  mlp_plan* plan = nullptr;
  const auto call = [&](const auto& function) {
    if (checked(random, function) == MLP_OK) return true;
    outcome.refused++;
    return false;
  };
  const auto floats = [&](uint64_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = random.real(-1, 1);
    return values;
  };
  call([&](char* error, uint32_t size) {
    plan = mlp_plan_create(script.device, script.batch, path, &status, error, size);
    if ((plan == nullptr) != (status != MLP_OK)) fail("a plan whose status does not fit it");
    return status;
  });
  for (const Call& step : script.calls) {
    const auto n = [&](size_t at) { return static_cast<int32_t>(step.numbers[at]); };
    const uint64_t count = step.count;
    const std::vector<double>& reals = step.reals;
    bool is_done = true;
    switch (step.kind) {
      case Kind::threads:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_set_threads(plan, step.odd ? count : threads, e, s); });
        break;
      case Kind::buffer:
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_add_buffer(plan, static_cast<uint64_t>(step.numbers[0]), static_cast<uint64_t>(step.numbers[1]), e, s);
        });
        break;
      case Kind::inputs_u8: {
        std::vector<uint8_t> values(count);
        for (uint8_t& value : values) value = static_cast<uint8_t>(random.below(256));
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_set_inputs_u8(plan, step.null ? nullptr : values.data(), count, static_cast<uint64_t>(step.numbers[0]), e, s);
        });
        break;
      }
      case Kind::inputs_f32:
      case Kind::targets: {
        const std::vector<float> values = floats(count);
        const auto set = step.kind == Kind::targets ? mlp_plan_set_targets : mlp_plan_set_inputs_f32;
        is_done = call([&](char* e, uint32_t s) {
          return set(plan, step.null ? nullptr : values.data(), count, static_cast<uint64_t>(step.numbers[0]), e, s);
        });
        break;
      }
      case Kind::labels: {
        std::vector<uint32_t> values(count);
        for (uint32_t& value : values) value = random.below(16) == 0 ? random.below(1u << 31) : random.below(4);
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_set_labels(plan, step.null ? nullptr : values.data(), count, e, s); });
        break;
      }
      case Kind::row_weights: {
        const std::vector<float> values = floats(count);
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_set_row_weights(plan, step.null ? nullptr : values.data(), count, e, s); });
        break;
      }
      case Kind::gather:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_gather(plan, n(0), n(1), n(2), reals[0], e, s); });
        break;
      case Kind::dropout:
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_dropout(plan, n(0), n(1), reals[0], static_cast<uint32_t>(n(2)), static_cast<uint32_t>(n(3)), e, s);
        });
        break;
      case Kind::linear:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_linear(plan, n(0), n(1), n(2), n(3), n(4), n(5), e, s); });
        break;
      case Kind::loss:
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_loss(plan, n(0), n(1), n(2), n(3), n(4), n(5), n(6), n(7), step.null ? nullptr : reals.data(), reals.size(), e, s);
        });
        break;
      case Kind::backward_input:
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_linear_backward_input(plan, n(0), n(1), n(2), n(3), n(4), n(5), reals[0], static_cast<uint32_t>(n(6)),
                                                static_cast<uint32_t>(n(7)), e, s);
        });
        break;
      case Kind::backward_weight:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_linear_backward_weight(plan, n(0), n(1), n(2), n(3), e, s); });
        break;
      case Kind::clip: {
        const std::vector<int32_t> ids(step.numbers.begin(), step.numbers.end());
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_clip_by_norm(plan, step.null ? nullptr : ids.data(), ids.size(), reals[0], e, s); });
        break;
      }
      case Kind::update: {
        const std::vector<int32_t> states(step.numbers.begin() + 3, step.numbers.end());
        is_done = call([&](char* e, uint32_t s) {
          return mlp_plan_update(plan, n(0), n(1), n(2), step.null ? nullptr : states.data(), states.size(), reals.data(), reals.size(), e, s);
        });
        break;
      }
      case Kind::average:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_average(plan, n(0), n(1), reals[0], e, s); });
        break;
      case Kind::finish:
        is_done = call([&](char* e, uint32_t s) { return mlp_plan_finish(plan, e, s); });
        outcome.finished = outcome.finished || is_done;
        break;
      case Kind::describe: {
        const uint32_t size = static_cast<uint32_t>(count);
        const std::unique_ptr<char[]> text(new char[size + 1]);
        call([&](char* e, uint32_t s) { return mlp_plan_describe(plan, step.null ? nullptr : text.get(), size, e, s); });
        break;
      }
      case Kind::write: {
        const std::vector<float> values = floats(count);
        const std::vector<int32_t> ids(step.numbers.begin(), step.numbers.end());
        call([&](char* e, uint32_t s) {
          return mlp_plan_write_buffers(plan, ids.data(), ids.size(), step.null ? nullptr : values.data(), count, e, s);
        });
        break;
      }
      case Kind::read: {
        std::vector<float> values(count);
        const std::vector<int32_t> ids(step.numbers.begin(), step.numbers.end());
        const bool is_read = call([&](char* e, uint32_t s) {
          return mlp_plan_read_buffers(plan, ids.data(), ids.size(), step.null ? nullptr : values.data(), count, e, s);
        });
        if (is_read) add_bits(outcome, values.data(), values.size());
        break;
      }
      case Kind::epoch: {
        std::vector<uint32_t> order(count);
        for (uint32_t& row : order) row = random.below(static_cast<uint32_t>(step.numbers[1]));
        std::vector<double> results(static_cast<size_t>(step.numbers[3]));
        const bool has_run = call([&](char* e, uint32_t s) {
          return mlp_plan_run_epoch(plan, static_cast<uint32_t>(step.numbers[0]), step.null ? nullptr : order.data(), count, reals.data(),
                                    reals.size(), static_cast<uint64_t>(step.numbers[2]), results.data(), results.size(), e, s);
        });
        if (!has_run) break;
        const double rows = results[MLP_RESULT_ROWS], steps = results[MLP_RESULT_STEPS], correct = results[MLP_RESULT_CORRECT];
        if (!(rows >= 0 && rows <= static_cast<double>(count) && steps <= static_cast<double>(reals.size()))) fail("more rows than there are");
        if (!(correct >= 0 && correct <= rows)) fail("more correct rows than there are");
        if (mlp_plan_steps_done(plan, static_cast<uint32_t>(step.numbers[0])) != static_cast<int64_t>(steps)) fail("another number of steps");
        for (const double result : results) {
          const float rounded = static_cast<float>(result);
          add_bits(outcome, &rounded, 1);
        }
        break;
      }
      case Kind::predict: {
        std::vector<float> outputs(count);
        const bool is_read = call([&](char* e, uint32_t s) { return mlp_plan_predict(plan, n(0), step.null ? nullptr : outputs.data(), count, e, s); });
        if (is_read) add_bits(outcome, outputs.data(), outputs.size());
        break;
      }
      case Kind::stop:
        call([&](char* e, uint32_t s) { return mlp_plan_stop(plan, static_cast<uint32_t>(step.numbers[0]), e, s); });
        mlp_plan_steps_done(plan, static_cast<uint32_t>(step.numbers[0]));
        break;
    }
    // Most callers stop at a refused operation; some go on.
    if (!is_done && !script.goes_on) break;
  }
  mlp_plan_destroy(plan);
  return outcome;
}

// Runs a plan without faults again. libmlpcpu computes the same bits on every path and with any number of threads. A GPU adds in
// another order on another path: predictions are close, and training, which can amplify differences, is compared on its own path.
void check_again(const Script& script, const Outcome& outcome, int32_t other, const Random& numbers) {
  const bool is_cpu = mlp_kind() == MLP_KIND_CPU, trains = script.calls.back().kind != Kind::predict;
  const int32_t path = is_cpu || !trains ? other : script.path;
  const Outcome again = run_script(script, path, is_cpu ? 2 : 0, numbers);
  if (again.digests.size() != outcome.digests.size()) fail("another number of results");
  if (is_cpu || trains) {
    if (again.digests != outcome.digests) fail("other bits on path " + std::to_string(path) + " than on " + std::to_string(script.path));
    return;
  }
  for (size_t at = 0; at < again.digests.size(); at++) {
    float first, second;
    memcpy(&first, &outcome.digests[at], sizeof first);
    memcpy(&second, &again.digests[at], sizeof second);
    const bool is_close = std::fabs(first - second) <= 1e-3f * (1 + std::fabs(first)) || (!std::isfinite(first) && !std::isfinite(second));
    if (!is_close) fail("a prediction of " + std::to_string(first) + " on one path and " + std::to_string(second) + " on another");
  }
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Returns the seconds that this process has computed: other programs may have the processor for long.
double computed() {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

int main(int count, char** arguments) {
  uint64_t from = 0, inputs = 1000;
  double seconds = 0;
  for (int at = 1; at + 1 < count; at += 2) {
    const std::string name = arguments[at];
    const char* value = arguments[at + 1];
    if (name == "--seed") seed = strtoull(value, nullptr, 10);
    if (name == "--from") from = strtoull(value, nullptr, 10);
    if (name == "--inputs") inputs = strtoull(value, nullptr, 10);
    if (name == "--seconds") seconds = strtod(value, nullptr);
  }
  __sanitizer_set_death_callback(print_input);
  signal(SIGALRM, end_endless);
  const int32_t paths[] = {MLP_PATH_OPS, MLP_PATH_GRAPH, MLP_PATH_AUTO, MLP_PATH_PERSISTENT};  // the last one on a GPU alone
  const bool is_cpu = mlp_kind() == MLP_KIND_CPU;
  uint64_t finished = 0, refused = 0, faultless = 0, slowest_input = from;
  double slowest = 0;
  const double longest = is_cpu ? 1 : 10;  // seconds; the emulation runs every thread of a GPU on the processor
  const double start = now();
  for (input = from; seconds > 0 ? now() - start < seconds : input < from + inputs; input++) {
    Random random(seed, input);
    const Script script = make_script(random, is_cpu);
    const Random numbers = random;
    const uint32_t threads = is_cpu ? 1 : 0;
    alarm(120);
    for (int attempt = 0; attempt < 3; attempt++) {  // a slow input is timed again
      const double before = computed();
      const Outcome outcome = run_script(script, script.path, threads, numbers);
      const double took = computed() - before;
      if (attempt == 0) {
        finished += outcome.finished;
        refused += outcome.refused > 0;
        faultless += script.faults == 0;
        if (script.faults == 0 && (outcome.refused > 0 || !outcome.finished)) fail("a right plan is refused");
        if (script.faults == 0) check_again(script, outcome, paths[random.below(is_cpu ? 3 : 4)], numbers);
      }
      if (took < 0.2) {
        if (took > slowest) slowest = took, slowest_input = input;
        break;
      }
      if (attempt < 2) continue;
      if (took > slowest) slowest = took, slowest_input = input;
      if (took > longest) fail("takes " + std::to_string(took) + " s");
    }
    alarm(0);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"inputs\":%llu,\"past\":%llu,\"results\":%llu,\"errors\":%llu,\"faultless\":%llu,\"milliseconds\":%.0f,"
         "\"slowest\":{\"milliseconds\":%.1f,\"index\":%llu},\"peakBytes\":%lld}\n",
         static_cast<unsigned long long>(input - from), static_cast<unsigned long long>(finished),
         static_cast<unsigned long long>(input - from - refused), static_cast<unsigned long long>(refused),
         static_cast<unsigned long long>(faultless), 1000 * (now() - start), 1000 * slowest,
         static_cast<unsigned long long>(slowest_input), static_cast<long long>(usage.ru_maxrss) * 1024);
}
