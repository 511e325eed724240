// Networks with their data, drawn from a seed: all activations, losses and optimizers, with and without dropout, clipping,
// averages and row weights; widths around the sizes of vectors and panels; inputs with any share of zeros.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "reference.hpp"
#include "shared/fault.hpp"
#include "steps.hpp"

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
  bool bytes = false, labels = false, probabilities = false;
  std::vector<uint8_t> byte_sets[2];
  std::vector<float> float_sets[2];
  ReferenceSet set;
  std::vector<std::vector<float>> start;  // of the parameters
  std::vector<uint32_t> orders[2];
  double rate = 0;
};

inline int up_to(Numbers& numbers, int most) { return 1 + static_cast<int>(numbers.next() % static_cast<uint32_t>(most)); }
inline bool chance(Numbers& numbers, int percent) { return static_cast<int>(numbers.next() % 100) < percent; }

// Returns a width: often one around the sizes of vectors and panels.
inline int width(Numbers& numbers) {
  constexpr int EDGES[] = {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129};
  return chance(numbers, 40) ? EDGES[numbers.next() % (sizeof EDGES / sizeof *EDGES)] : up_to(numbers, 200);
}

inline void draw_inputs(Numbers& numbers, Case& made) {
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

// Draws a row of probabilities: multiples of 1/64.
inline void draw_probabilities(Numbers& numbers, float* row, uint32_t classes) {
  std::fill(row, row + classes, 0.0f);
  for (int part = 0; part < 64; part++) row[numbers.next() % classes] += 1.0f / 64;
}

inline void draw_data(Numbers& numbers, Case& made, bool row_weights) {
  draw_inputs(numbers, made);
  for (uint64_t row = 0; row < made.rows; row++) {
    const uint32_t outputs = static_cast<uint32_t>(made.outputs);
    if (made.labels) made.set.labels.push_back(chance(numbers, 5) ? outputs + numbers.next() % 2 * 1000 : numbers.next() % outputs);
    for (uint32_t o = 0; !made.labels && o < outputs; o++) made.set.targets.push_back(static_cast<float>(numbers.next() % 2));
    if (made.probabilities) draw_probabilities(numbers, made.set.targets.data() + row * outputs, outputs);
    if (row_weights) made.set.row_weights.push_back(chance(numbers, 20) ? 0 : std::fabs(2 * numbers.real()));
  }
  // The first epoch has every row once; the second a part of them, or some several times.
  for (uint32_t row = 0; row < made.rows; row++) made.orders[0].push_back(row);
  std::vector<uint32_t>& order = made.orders[0];
  for (size_t row = order.size(); row-- > 1;) std::swap(order[row], order[numbers.next() % (row + 1)]);
  const int drawn = up_to(numbers, static_cast<int>(2 * made.rows));
  for (int at = 0; at < drawn; at++) made.orders[1].push_back(numbers.next() % static_cast<uint32_t>(made.rows));
}

inline Settings draw_optimizer(Numbers& numbers) {
  const double decay = chance(numbers, 50) ? 0.01 : 0;
  switch (numbers.next() % MLP_OPTIMIZERS) {
    case MLP_SGD: return {MLP_SGD, {chance(numbers, 70) ? 0.9 : 0, static_cast<double>(numbers.next() % 2), decay}};
    case MLP_ADAM: return {MLP_ADAM, {0.9, 0.999, 1e-7, decay, static_cast<double>(numbers.next() % 2)}};
    case MLP_RMSPROP: return {MLP_RMSPROP, {0.9, 1e-6, decay}};
    default: return {MLP_LION, {0.9, 0.99, decay}};
  }
}

inline Case draw(uint64_t seed) {
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
  made.labels = (kind == MLP_SOFTMAX_CROSS_ENTROPY || kind == MLP_MEAN_SQUARED_ERROR) && chance(numbers, 50);
  made.probabilities = kind == MLP_SOFTMAX_CROSS_ENTROPY && !made.labels;
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
