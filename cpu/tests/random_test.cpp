// Random networks on random data sets, trained and used in every way that must not change a bit: operations one by one and fused
// phases, several numbers of threads, every instruction set of this processor, groups of 1, 2, 4 and 8 processes. Gradients,
// updates are also compared with float64 (reference.hpp). The printed digests are the same on every processor.
//
//   random_test [first seed] [number of networks]
#include <cstring>
#include <thread>

#include "reference.hpp"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"
#include "steps.hpp"
#include "transport.hpp"

namespace {

// A network with its data, drawn from a seed.
struct Case {
  StepSpec training, prediction;
  std::vector<int32_t> parameters, gradients, kept;  // kept: parameters, states and averages
  std::vector<int32_t> predicted;  // the buffers of the parameters in the prediction
  int32_t output = -1;
  size_t first_update = 0;  // among the operations
  std::string text;

  int inputs = 0, outputs = 0;
  uint64_t rows = 0;
  bool bytes = false, labels = false;
  std::vector<uint8_t> byte_sets[2];
  std::vector<float> float_sets[2];
  ReferenceSet set;
  std::vector<std::vector<float>> start;  // of the parameters
  std::vector<uint32_t> orders[2];
  double rate = 0;
};

int up_to(Numbers& numbers, int most) { return 1 + static_cast<int>(numbers.next() % static_cast<uint32_t>(most)); }
bool chance(Numbers& numbers, int percent) { return static_cast<int>(numbers.next() % 100) < percent; }

// Returns a width: often one around the sizes of vectors and panels.
int width(Numbers& numbers) {
  constexpr int EDGES[] = {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129};
  return chance(numbers, 40) ? EDGES[numbers.next() % (sizeof EDGES / sizeof *EDGES)] : up_to(numbers, 200);
}

void draw_inputs(Numbers& numbers, Case& made) {
  for (int set = 0; set < 2; set++) {
    const int zeros = chance(numbers, 30) ? 100 : static_cast<int>(numbers.next() % 101);
    const int rows_of_zeros = chance(numbers, 30) ? 50 : 0;
    for (uint64_t row = 0; row < made.rows; row++) {
      const bool all = chance(numbers, rows_of_zeros);
      for (int column = 0; column < made.inputs; column++) {
        const bool zero = all || chance(numbers, zeros);
        if (made.bytes) made.byte_sets[set].push_back(zero ? 0 : static_cast<uint8_t>(1 + numbers.next() % 255));
        else made.float_sets[set].push_back(zero ? (chance(numbers, 50) ? 0.0f : -0.0f) : numbers.real());
      }
    }
  }
}

void draw_data(Numbers& numbers, Case& made, bool row_weights) {
  draw_inputs(numbers, made);
  for (uint64_t row = 0; row < made.rows; row++) {
    const uint32_t outputs = static_cast<uint32_t>(made.outputs);
    if (made.labels) made.set.labels.push_back(chance(numbers, 5) ? outputs + numbers.next() % 2 * 1000 : numbers.next() % outputs);
    for (uint32_t o = 0; !made.labels && o < outputs; o++) made.set.targets.push_back(static_cast<float>(numbers.next() % 2));
    if (row_weights) made.set.row_weights.push_back(chance(numbers, 20) ? 0 : std::fabs(2 * numbers.real()));
  }
  // The first epoch has every row once; the second a part of them, or some several times.
  for (uint32_t row = 0; row < made.rows; row++) made.orders[0].push_back(row);
  std::vector<uint32_t>& order = made.orders[0];
  for (size_t row = order.size(); row-- > 1;) std::swap(order[row], order[numbers.next() % (row + 1)]);
  const int drawn = up_to(numbers, static_cast<int>(2 * made.rows));
  for (int at = 0; at < drawn; at++) made.orders[1].push_back(numbers.next() % static_cast<uint32_t>(made.rows));
}

Settings draw_optimizer(Numbers& numbers) {
  const double decay = chance(numbers, 50) ? 0.01 : 0;
  switch (numbers.next() % MLP_OPTIMIZERS) {
    case MLP_SGD: return {MLP_SGD, {chance(numbers, 70) ? 0.9 : 0, static_cast<double>(numbers.next() % 2), decay}};
    case MLP_ADAM: return {MLP_ADAM, {0.9, 0.999, 1e-7, decay, static_cast<double>(numbers.next() % 2)}};
    case MLP_RMSPROP: return {MLP_RMSPROP, {0.9, 1e-6, decay}};
    default: return {MLP_LION, {0.9, 0.99, decay}};
  }
}

Case draw(uint64_t seed) {
  Numbers numbers{seed * 7919 + 1};
  for (int skipped = 0; skipped < 5; skipped++) numbers.next();
  Case made;
  StepSpec &step = made.training, &forward = made.prediction;
  const int count = up_to(numbers, 5);
  made.inputs = chance(numbers, 20) ? up_to(numbers, 1000) : width(numbers);
  made.rows = static_cast<uint64_t>(chance(numbers, 10) ? up_to(numbers, 3) : up_to(numbers, 500));
  made.bytes = chance(numbers, 50);
  made.rate = 0.001 + 0.001 * (numbers.next() % 20);
  step.batch = static_cast<uint32_t>(chance(numbers, 20) ? up_to(numbers, 4) : up_to(numbers, 300));
  forward.batch = step.batch;
  const bool row_weights = chance(numbers, 30);
  const float scale = made.bytes ? 1 / 255.0f : chance(numbers, 50) ? 1.0f : 0.5f;
  made.text = format("%d", made.inputs);

  const auto kind = static_cast<LossKind>(numbers.next() % MLP_LOSSES);
  const bool logits = kind == MLP_SOFTMAX_CROSS_ENTROPY || kind == MLP_BINARY_CROSS_ENTROPY;
  made.labels = kind == MLP_SOFTMAX_CROSS_ENTROPY || (kind == MLP_MEAN_SQUARED_ERROR && chance(numbers, 50));
  std::vector<int> widths;
  for (int layer = 0; layer < count; layer++) widths.push_back(width(numbers));
  made.outputs = widths.back();
  const int32_t x = step.buffer(0, made.inputs), target = step.buffer(0, made.labels ? 1 : made.outputs);
  const int32_t weights_of_rows = row_weights ? step.buffer(0, 1) : -1, x_of_prediction = forward.buffer(0, made.inputs);
  step.add(GatherOp{x, target, weights_of_rows, scale});
  forward.add(GatherOp{x_of_prediction, -1, -1, scale});

  std::vector<LinearOp> layers;
  std::vector<DropoutSettings> dropouts;
  int32_t at = x, at_of_prediction = x_of_prediction;
  for (int index = 0; index < count; index++) {
    const int inputs = index == 0 ? made.inputs : widths[index - 1], outputs = widths[index];
    auto activation = static_cast<Activation>(numbers.next() % MLP_ACTIVATIONS);
    if (index == count - 1 && logits) activation = MLP_LINEAR;
    const double rate = chance(numbers, 25) ? 0.1 * up_to(numbers, 9) : 0;
    dropouts.push_back({rate, numbers.next(), static_cast<uint32_t>(index)});
    if (rate > 0) {
      const int32_t y = step.buffer(0, inputs);
      step.add(DropoutOp{at, y, dropouts.back()});
      at = y;
    }
    const bool z = needs_z(activation) || chance(numbers, 20);
    layers.push_back({at, step.buffer(outputs, inputs), step.buffer(1, outputs), step.buffer(0, outputs),
                      z ? step.buffer(0, outputs) : -1, activation});
    step.add(layers.back());
    const LinearOp predicted = {at_of_prediction, forward.buffer(outputs, inputs), forward.buffer(1, outputs),
                                forward.buffer(0, outputs), -1, activation};
    forward.add(predicted);
    at = layers.back().y;
    at_of_prediction = predicted.y;
    made.parameters.insert(made.parameters.end(), {layers.back().weights, layers.back().bias});
    made.predicted.insert(made.predicted.end(), {predicted.weights, predicted.bias});
    std::vector<float> weights(static_cast<size_t>(inputs) * outputs), bias(outputs);
    for (float& weight : weights) weight = std::sqrt(3.0f / static_cast<float>(inputs)) * numbers.real();
    for (float& each : bias) each = 0.1f * numbers.real();
    made.start.insert(made.start.end(), {weights, bias});
    made.text += format("-%d(%d%s)", outputs, static_cast<int>(activation), rate > 0 ? ", dropout" : "");
  }
  made.output = at_of_prediction;

  std::vector<double> settings;
  if (kind == MLP_SOFTMAX_CROSS_ENTROPY) settings = {chance(numbers, 50) ? 0.1 : 0};
  if (kind == MLP_HUBER) settings = {0.5};
  const LinearOp& last = layers.back();
  int32_t dz = step.buffer(0, made.outputs);
  std::vector<int32_t> dzs(layers.size());
  dzs.back() = dz;
  const bool needs_sums = needs_z(last.activation);
  step.add(LossOp{kind, last.y, needs_sums ? last.z : -1, target, made.labels, weights_of_rows, dz, last.activation, settings});
  for (size_t index = layers.size() - 1; index > 0; index--) {
    const LinearOp& before = layers[index - 1];
    dzs[index - 1] = step.buffer(0, widths[index - 1]);
    step.add(LinearBackwardInputOp{dzs[index], layers[index].weights, before.y, before.z, dzs[index - 1], before.activation,
                                   dropouts[index].rate > 0 ? dropouts[index] : DropoutSettings{0, 0, 0}});
  }
  std::vector<int32_t> gradients(2 * layers.size());
  for (size_t index = layers.size(); index-- > 0;) {
    const int inputs = index == 0 ? made.inputs : widths[index - 1];
    gradients[2 * index] = step.buffer(widths[index], inputs);
    gradients[2 * index + 1] = step.buffer(1, widths[index]);
    step.add(LinearBackwardWeightOp{layers[index].x, dzs[index], gradients[2 * index], gradients[2 * index + 1]});
  }
  const bool clips = chance(numbers, 30);
  if (clips) step.add(ClipByNormOp{gradients, 0.05});
  made.first_update = step.ops.size();
  made.gradients = gradients;
  made.kept = made.parameters;
  const Settings optimizer = draw_optimizer(numbers);
  for (size_t index = 0; index < made.parameters.size(); index++) {
    const BufferShape shape = step.shapes[static_cast<size_t>(made.parameters[index])];
    std::vector<int32_t> states;
    for (uint64_t state = 0; state < needs_of(optimizer).states; state++) states.push_back(step.buffer(shape.rows, shape.columns));
    step.add(UpdateOp{optimizer, made.parameters[index], gradients[index], states});
    made.kept.insert(made.kept.end(), states.begin(), states.end());
  }
  const bool averages = chance(numbers, 30);
  for (size_t index = 0; averages && index < made.parameters.size(); index++) {
    const BufferShape shape = step.shapes[static_cast<size_t>(made.parameters[index])];
    made.kept.push_back(step.buffer(shape.rows, shape.columns));
    step.add(AverageOp{made.parameters[index], made.kept.back(), 0.9});
  }
  draw_data(numbers, made, row_weights);
  made.text += format(", %s, loss %d%s, optimizer %d%s%s, %llu rows in batches of %u", made.bytes ? "bytes" : "floats",
                      static_cast<int>(kind), row_weights ? ", row weights" : "", static_cast<int>(optimizer.first),
                      clips ? ", clipping" : "", averages ? ", averages" : "", made.rows, step.batch);
  return made;
}

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
  std::vector<uint64_t> digests(static_cast<size_t>(size));
  std::vector<std::thread> ranks;
  for (int32_t rank = 0; rank < size; rank++) {
    ranks.emplace_back([&, rank] {
      own_rank = rank;
      const mlp_transport transport{MLP_TRANSPORT_VERSION, rank, size, exchange};
      char error[512];
      int32_t status = 0;
      mlp_group* group = mlp_group_create(&transport, 8, &status, error, sizeof error);
      must(status, error);
      digests[static_cast<size_t>(rank)] = digest_of(made, {place.device, place.threads, MLP_PATH_GRAPH, group});
      mlp_group_destroy(group);
    });
  }
  for (std::thread& rank : ranks) rank.join();
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
