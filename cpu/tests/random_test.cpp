// Random networks on random data sets, trained and used in every way that must not change a bit: operations one by one and fused
// phases, several numbers of threads, every instruction set of this processor, groups of 1, 2, 4 and 8 processes. Gradients and
// updates are also compared with float64 (reference.hpp). The printed digests are the same on every processor.
//
//   random_test [first seed] [number of networks]
#include <cstring>

#include "group_digests.hpp"
#include "random_cases.hpp"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"

namespace {

void set_inputs(StepPlan& plan, const Case& made, int set) {
  if (made.bytes) plan.set_inputs(made.byte_sets[set], static_cast<uint64_t>(made.inputs));
  else plan.set_inputs(made.float_sets[set], static_cast<uint64_t>(made.inputs));
}

void set_data(StepPlan& plan, const Case& made) {
  set_inputs(plan, made, 0);
  const ReferenceSet& set = made.set;
  if (made.labels) plan.call(mlp_plan_set_labels, set.labels.data(), uint64_t(set.labels.size()));
  else plan.call(mlp_plan_set_targets, set.targets.data(), uint64_t(set.targets.size()), uint64_t(made.outputs));
  if (!set.row_weights.empty()) plan.call(mlp_plan_set_row_weights, set.row_weights.data(), uint64_t(set.row_weights.size()));
}

void begin(StepPlan& plan, const Case& made) {
  set_data(plan, made);
  plan.call(mlp_plan_finish);
  for (size_t index = 0; index < made.parameters.size(); index++) plan.write(made.parameters[index], made.start[index]);
}

uint64_t steps_of(const Case& made) { return (made.orders[0].size() + made.training.batch - 1) / made.training.batch; }

std::mutex counting;  // of checks, by the threads that are processes of a group

// Trains two epochs, the second on other inputs, and predicts. Returns a digest of everything.
uint64_t digest_of(const Case& made, const Place& place) {
  uint64_t hash = digest(nullptr, 0);
  const auto add = [&](const auto& values) { hash = digest(values.data(), values.size() * sizeof values[0], hash); };
  std::vector<std::vector<float>> trained;
  {
    StepPlan plan(made.training, place);
    begin(plan, made);
    for (int epoch = 0; epoch < 2; epoch++) {
      set_inputs(plan, made, epoch);
      const uint64_t before = epoch == 0 ? 0 : steps_of(made);
      const std::vector<double> results = plan.run(static_cast<uint32_t>(epoch + 1), made.orders[epoch], made.rate, before);
      const double rows = results[MLP_RESULT_ROWS];
      const std::lock_guard<std::mutex> held(counting);
      expect(rows == static_cast<double>(made.orders[epoch].size()) || results[MLP_RESULT_DIVERGED] != 0,
             format("%s: an epoch of %llu rows trained on %g", made.text.c_str(), made.orders[epoch].size(), rows));
      add(results);
    }
    for (const int32_t id : made.kept) add(plan.read(id));
    for (const int32_t id : made.parameters) trained.push_back(plan.read(id));
  }
  StepPlan plan(made.prediction, {place.device, place.threads, place.path, nullptr});
  for (size_t index = 0; index < trained.size(); index++) plan.write(made.predicted[index], trained[index]);
  set_inputs(plan, made, 0);
  plan.call(mlp_plan_finish);
  add(plan.predict(made.output, made.rows));
  set_inputs(plan, made, 1);
  add(plan.predict(made.output, made.rows));
  // Fewer rows, of the other type.
  const uint64_t columns = static_cast<uint64_t>(made.inputs), rows = 1 + made.rows / 3;
  if (made.bytes) plan.set_inputs(std::vector<float>(rows * columns, 0.5f), columns);
  else plan.set_inputs(std::vector<uint8_t>(rows * columns, 1), columns);
  add(plan.predict(made.output, rows));
  return hash;
}

uint64_t digest_of_group(const Case& made, const Place& place, int32_t size) {
  const std::vector<uint64_t> digests = digests_of_group(
      size, [&](mlp_group* group) { return digest_of(made, {place.device, place.threads, MLP_PATH_GRAPH, group}); });
  for (const uint64_t found : digests) expect(found == digests[0], "all processes of a group have the same bits: " + made.text);
  return digests[0];
}

// Expects numbers close to those of float64, as vectors: a ReLU whose sum is almost 0 may go either way.
void expect_close(const std::vector<float>& found, const std::vector<double>& wanted, double most, double least,
                  const std::string& what) {
  double error = 0, norm = 0;
  for (size_t at = 0; at < found.size(); at++) {
    const double difference = static_cast<double>(found[at]) - wanted[at];
    error += difference * difference;
    norm += wanted[at] * wanted[at];
  }
  expect(std::sqrt(error) <= most * std::sqrt(norm) + least * std::sqrt(static_cast<double>(found.size())),
         format("%s: the difference is %g, of %g", what.c_str(), std::sqrt(error), std::sqrt(norm)));
}

// Compares two steps with float64: gradients first, then the updates from these gradients.
void compare(const Case& made, const Place& place) {
  Reference reference;
  reference.shapes = made.training.shapes;
  reference.ops = made.training.ops;
  reference.set = made.set;
  if (made.bytes) reference.set.inputs.assign(made.byte_sets[0].begin(), made.byte_sets[0].end());
  else reference.set.inputs.assign(made.float_sets[0].begin(), made.float_sets[0].end());
  reference.run(0, 0, {}, 0, 0);
  for (size_t index = 0; index < made.parameters.size(); index++) {
    reference.buffers[static_cast<size_t>(made.parameters[index])].assign(made.start[index].begin(), made.start[index].end());
  }
  StepPlan plan(made.training, place);
  begin(plan, made);
  for (uint64_t step = 0; step < 2; step++) {
    const size_t first = step * made.training.batch, last = std::min(first + made.training.batch, made.orders[0].size());
    if (first >= last) break;
    const auto from = made.orders[0].begin();
    const std::vector<uint32_t> rows(from + static_cast<ptrdiff_t>(first), from + static_cast<ptrdiff_t>(last));
    const std::vector<double> results = plan.run(static_cast<uint32_t>(step + 1), rows, made.rate, step);
    reference.run(0, made.first_update, rows, step + 1, made.rate);
    const double loss = results[MLP_RESULT_LOSS_SUM], correct = results[MLP_RESULT_CORRECT];
    expect(std::fabs(loss - reference.loss_sum) <= 1e-4 * reference.loss_sum + 1e-6,
           format("%s: the loss of step %llu is %g, needs %g", made.text.c_str(), step, loss, reference.loss_sum));
    expect(std::fabs(correct - reference.correct) <= 1 + 0.01 * static_cast<double>(rows.size()),
           format("%s: step %llu has %g correct rows, needs %d", made.text.c_str(), step, correct, reference.correct));
    for (const int32_t id : made.gradients) {
      const std::vector<float> found = plan.read(id);
      std::vector<double>& wanted = reference.buffers[static_cast<size_t>(id)];
      expect_close(found, wanted, 2e-3, 1e-8, format("%s: gradient %d of step %llu", made.text.c_str(), id, step));
      wanted.assign(found.begin(), found.end());
    }
    reference.run(made.first_update, reference.ops.size(), rows, step + 1, made.rate);
    for (const int32_t id : made.kept) {
      const std::vector<float> found = plan.read(id);
      std::vector<double>& wanted = reference.buffers[static_cast<size_t>(id)];
      expect_close(found, wanted, 1e-5, 1e-9, format("%s: buffer %d after step %llu", made.text.c_str(), id, step));
      wanted.assign(found.begin(), found.end());
    }
  }
}

std::vector<int32_t> usable_devices() {
  std::vector<int32_t> devices;
  char error[512], name[256];
  int64_t facts[MLP_FACTS];
  for (int32_t device = 1; device < MLP_INSTRUCTION_SETS; device++) {
    if (mlp_device_query(device, name, sizeof name, facts, MLP_FACTS, error, sizeof error) == MLP_OK) devices.push_back(device);
  }
  return devices;
}

void test(uint64_t seed, const std::vector<int32_t>& devices) {
  const Case made = draw(seed);
  Numbers numbers{seed};
  const auto any_place = [&](int32_t path) {
    return Place{devices[numbers.next() % devices.size()], 1 + numbers.next() % 5, path, nullptr};
  };
  compare(made, any_place(MLP_PATH_OPS));
  const uint64_t wanted = digest_of(made, {devices[0], 1, MLP_PATH_OPS, nullptr});
  for (const int32_t path : {MLP_PATH_GRAPH, MLP_PATH_GRAPH, MLP_PATH_OPS}) {
    const Place place = any_place(path);
    expect(digest_of(made, place) == wanted, format("%s: other bits on path %d with %u threads, instruction set %d",
                                                    made.text.c_str(), path, place.threads, place.device));
  }
  const uint64_t in_group = digest_of_group(made, any_place(MLP_PATH_GRAPH), 1);
  const int32_t size = 2 << numbers.next() % 3;
  expect(digest_of_group(made, any_place(MLP_PATH_GRAPH), size) == in_group,
         format("%s: other bits with %d processes", made.text.c_str(), size));
  printf("%016llx %016llx  %s\n", static_cast<unsigned long long>(wanted), static_cast<unsigned long long>(in_group),
         made.text.c_str());
}

}  // namespace

int main(int count, char** values) {
  const auto number = [&](int at, uint64_t other) { return count > at ? strtoull(values[at], nullptr, 10) : other; };
  const uint64_t first = number(1, 1), networks = number(2, 12);
  const std::vector<int32_t> devices = usable_devices();
  for (uint64_t seed = first; seed < first + networks; seed++) {
    const int before = faults;
    test(seed, devices);
    if (faults > before) fprintf(stderr, "seed %llu: %d faults\n", static_cast<unsigned long long>(seed), faults - before);
  }
  printf("%llu random networks, %d checks, %d faults\n", static_cast<unsigned long long>(networks), checks, faults);
  return faults > 0;
}
