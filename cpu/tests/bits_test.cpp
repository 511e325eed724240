// Trains networks of many kinds and prints a digest of the parameters, losses and predictions of each, for every instruction set
// of this processor and 1, 2, 3 and 8 threads; then the same in groups of 1, 2, 4 and 8 processes, which are threads here. All
// alone must be the same, and all in groups: the program fails if two differ. Processors of other kinds are compared by the
// printed lines, which name neither instruction set nor threads.
#include <cstring>

#include "group_digests.hpp"
#include "network.hpp"

namespace {

struct Case {
  const char* name;
  NetworkSpec network;
  int zeros;  // of 100 inputs
};

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"784-128-64-10, mostly zeros", {784, {{128, MLP_RELU}, {64, MLP_RELU}, {10, MLP_LINEAR}}}, 80});
  all.push_back({"784-128-64-10, no zeros", {784, {{128, MLP_RELU}, {64, MLP_RELU}, {10, MLP_LINEAR}}}, 0});
  NetworkSpec wide{100, {{512, MLP_GELU}, {300, MLP_TANH}, {70, MLP_LINEAR}}};
  wide.settings[3] = 0.01;
  wide.settings[4] = 1;
  wide.average_decay = 0.9;
  all.push_back({"100-512-300-70, AdamW, averages", wide, 50});
  NetworkSpec clipped{33, {{17, MLP_SILU, 0.2}, {65, MLP_MISH, 0.5}, {3, MLP_LINEAR}}};
  clipped.optimizer = MLP_SGD;
  clipped.settings = {0.9, 1, 0.001};
  clipped.states = 1;
  clipped.max_norm = 0.5;
  clipped.batch = 50;
  all.push_back({"33-17-65-3, dropout, clipping, Nesterov", clipped, 30});
  NetworkSpec huber{20, {{40, MLP_ELU}, {31, MLP_LEAKY_RELU}, {5, MLP_SOFTMAX}}};
  huber.loss = MLP_HUBER;
  huber.optimizer = MLP_LION;
  huber.settings = {0.9, 0.99, 0.01};
  huber.states = 1;
  all.push_back({"20-40-31-5, Huber, Lion", huber, 70});
  NetworkSpec binary{9, {{130, MLP_SIGMOID}, {66, MLP_SOFTMAX}, {20, MLP_LINEAR}}};
  binary.loss = MLP_BINARY_CROSS_ENTROPY;
  binary.optimizer = MLP_RMSPROP;
  binary.settings = {0.99, 1e-8, 0};
  binary.states = 1;
  binary.batch = 7;
  all.push_back({"9-130-66-20, binary cross-entropy, RMSprop", binary, 10});
  return all;
}

constexpr uint64_t ROWS = 700, EPOCHS = 2;

// `group` is null for a process alone.
uint64_t digest_of(const Case& each, int32_t device, uint32_t threads, int32_t path, mlp_group* group) {
  const NetworkSpec& spec = each.network;
  Numbers numbers{42};
  std::vector<uint8_t> inputs(ROWS * static_cast<size_t>(spec.inputs));
  for (uint8_t& input : inputs) {
    const bool zero = static_cast<int>(numbers.next() % 100) < each.zeros;
    input = zero ? 0 : static_cast<uint8_t>(1 + numbers.next() % 255);
  }
  const uint32_t outputs = static_cast<uint32_t>(spec.layers.back().outputs);
  std::vector<uint32_t> labels(ROWS), order(ROWS);
  std::vector<float> targets(ROWS * outputs);
  for (uint32_t& label : labels) label = numbers.next() % outputs;
  for (float& target : targets) target = static_cast<float>(numbers.next() % 2);
  for (uint32_t row = 0; row < ROWS; row++) order[row] = row;
  for (uint32_t row = ROWS; row-- > 1;) std::swap(order[row], order[numbers.next() % (row + 1)]);

  uint64_t hash = digest(nullptr, 0);
  std::vector<float> trained;
  {
    Recorded plan(spec, device, threads, path);
    if (group) plan.call(mlp_plan_set_group, group);
    plan.record(true);
    plan.call(mlp_plan_set_inputs_u8, static_cast<const uint8_t*>(inputs.data()), uint64_t(inputs.size()), uint64_t(spec.inputs));
    if (spec.loss == MLP_SOFTMAX_CROSS_ENTROPY) plan.call(mlp_plan_set_labels, static_cast<const uint32_t*>(labels.data()), ROWS);
    else plan.call(mlp_plan_set_targets, static_cast<const float*>(targets.data()), ROWS * outputs, uint64_t(outputs));
    plan.call(mlp_plan_finish);
    plan.draw(1);
    uint64_t steps = 0;
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
      const std::vector<double> results = plan.run(epoch, order, 0.003, steps);
      steps += (ROWS + spec.batch - 1) / spec.batch;
      hash = digest(results.data(), results.size() * sizeof(double), hash);
    }
    trained = plan.read();
    hash = digest(trained.data(), trained.size() * sizeof(float), hash);
  }
  Recorded plan(spec, device, threads, path);
  plan.record(false);
  size_t at = 0;
  for (const Recorded::Buffer& parameter : plan.parameters) {
    plan.call(mlp_plan_write_buffer, parameter.buffer, static_cast<const float*>(trained.data() + at), uint64_t(parameter.size));
    at += static_cast<size_t>(parameter.size);
  }
  plan.call(mlp_plan_set_inputs_u8, static_cast<const uint8_t*>(inputs.data()), uint64_t(inputs.size()), uint64_t(spec.inputs));
  plan.call(mlp_plan_finish);
  std::vector<float> predictions(ROWS * outputs);
  plan.call(mlp_plan_predict, plan.output, predictions.data(), uint64_t(predictions.size()));
  return digest(predictions.data(), predictions.size() * sizeof(float), hash);
}

// Returns the digest of a group; of its first process whose digest differs from the first one's, if there is one.
uint64_t digest_of_group(const Case& each, int32_t device, uint32_t threads, int32_t size) {
  const std::vector<uint64_t> digests = digests_of_group(
      size, [&](mlp_group* group) { return digest_of(each, device, threads, MLP_PATH_AUTO, group); });
  for (const uint64_t found : digests) {
    if (found != digests[0]) return found;
  }
  return digests[0];
}

// Compares digests with the first one, and counts.
struct Comparison {
  bool begun = false;
  uint64_t first = 0;
  int compared = 0, failed = 0;
  void add(uint64_t found, const char* format, const char* name, const char* device, uint32_t threads, int32_t other) {
    if (!begun) first = found;
    begun = true;
    compared++;
    if (found == first) return;
    failed++;
    fprintf(stderr, format, name, device, threads, other);
  }
};

}  // namespace

int main() {
  int failed = 0, compared = 0;
  char error[512], name[256];
  int64_t facts[MLP_FACTS];
  for (const Case& each : cases()) {
    Comparison alone, groups;
    for (int32_t device = 1; device < MLP_INSTRUCTION_SETS; device++) {
      if (mlp_device_query(device, name, sizeof name, facts, MLP_FACTS, error, sizeof error) != MLP_OK) continue;
      for (const uint32_t threads : {1u, 2u, 3u, 8u}) {
        for (const int32_t path : {MLP_PATH_GRAPH, MLP_PATH_OPS}) {
          alone.add(digest_of(each, device, threads, path, nullptr), "%s: other bits on %s with %u threads, path %d\n", each.name,
                    name, threads, path);
        }
      }
      for (const uint32_t threads : {1u, 3u}) {
        for (const int32_t size : {1, 2, 4, 8}) {
          groups.add(digest_of_group(each, device, threads, size), "%s: other bits on %s with %u threads, %d processes\n",
                     each.name, name, threads, size);
        }
      }
    }
    printf("%016llx %016llx  %s\n", static_cast<unsigned long long>(alone.first), static_cast<unsigned long long>(groups.first),
           each.name);
    compared += alone.compared + groups.compared;
    failed += alone.failed + groups.failed;
  }
  fprintf(stderr, "%d runs compared, %d with other bits\n", compared, failed);
  return failed > 0;
}
