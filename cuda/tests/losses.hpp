// Each loss with its gradient, and the sums at the end of a step, against plain loops in double.
#pragma once

#include <algorithm>

#include "check.hpp"

// A loss, the activation that computed its y (linear if y are logits), and the kind of its targets.
struct LossCase {
  LossKind kind;
  Activation activation;
  bool labels;          // true for labels, false for target values
  bool weighted;        // true if rows have weights
  float deviation = 3;  // standard deviation of the logits
};

inline const char* name_of(LossKind kind) {
  switch (kind) {
    case MLP_SOFTMAX_CROSS_ENTROPY: return "softmaxCrossEntropy";
    case MLP_BINARY_CROSS_ENTROPY: return "binaryCrossEntropy";
    case MLP_MEAN_SQUARED_ERROR: return "meanSquaredError";
    case MLP_HUBER: return "huber";
  }
  __builtin_unreachable();
}

// Returns the loss of a row of outputs or logits `y` against `target`, and writes its gradient by `y` to `d`.
inline double loss_in_double(LossKind kind, const float* y, const double* target, double delta, int width, double* d) {
  double loss = 0;
  std::vector<double> likely(y, y + width);
  activate_row(likely.data(), width, MLP_SOFTMAX);
  for (int c = 0; c < width; c++) {
    const double off = y[c] - target[c], z = y[c];
    switch (kind) {
      case MLP_SOFTMAX_CROSS_ENTROPY:
        if (target[c] != 0) loss -= target[c] * std::log(likely[c]);
        d[c] = likely[c] - target[c];
        break;
      case MLP_BINARY_CROSS_ENTROPY:
        loss += (target[c] * std::log1p(std::exp(-z)) + (1 - target[c]) * std::log1p(std::exp(z))) / width;
        d[c] = (1 / (1 + std::exp(-z)) - target[c]) / width;
        break;
      case MLP_MEAN_SQUARED_ERROR:
        loss += off * off / width;
        d[c] = 2 * off / width;
        break;
      case MLP_HUBER:
        loss += (std::fabs(off) <= delta ? off * off / 2 : delta * (std::fabs(off) - delta / 2)) / width;
        d[c] = std::max(-delta, std::min(delta, off)) / width;
        break;
    }
  }
  return loss;
}

inline bool is_correct(const LossCase& given, const float* y, const double* target, uint32_t label, int width) {
  if (given.labels) return uint32_t(std::max_element(y, y + width) - y) == label;
  if (given.kind == MLP_SOFTMAX_CROSS_ENTROPY) {
    return std::max_element(y, y + width) - y == std::max_element(target, target + width) - target;
  }
  if (given.kind != MLP_BINARY_CROSS_ENTROPY) return false;
  for (int o = 0; o < width; o++) {
    if ((y[o] > 0) != (target[o] > 0.5)) return false;
  }
  return true;
}

inline void test_loss(const Size& size, const LossCase& given) {
  const bool squared = given.kind == MLP_MEAN_SQUARED_ERROR || given.kind == MLP_HUBER;
  const float smoothing = given.kind == MLP_SOFTMAX_CROSS_ENTROPY ? 0.1f : 0, delta = 0.7f;
  const float setting = smoothing > 0 ? smoothing : delta;  // not read by a loss without settings
  Step step(size.batch, size.rows, 2);
  const Activated output(size.batch, size.out, given.activation, squared ? 1 : given.deviation);
  Matrix targets(size.batch * size.out), row_weights(size.batch), dz(size.batch * size.out);
  std::vector<uint32_t> labels(size.batch);
  for (int row = 0; row < size.batch; row++) {
    labels[row] = generator()() % size.out;
    if (row % 3 == 1) labels[row] = row % 2 ? size.out : UINT32_MAX;  // no class
    if (row % 3 == 2) row_weights.values[row] = 0;
    if (given.kind == MLP_SOFTMAX_CROSS_ENTROPY) {  // probabilities: multiples of 1/64, some of them 0 or equal
      float* target = &targets.values[row * size.out];
      std::fill(target, target + size.out, 0.0f);
      const uint32_t most = 1 + generator()() % size.out;
      for (int part = 0; part < 64; part++) target[generator()() % most] += 1.0f / 64;
    }
    for (int o = 0; o < size.out && given.kind == MLP_BINARY_CROSS_ENTROPY; o++) {
      float& target = targets.values[row * size.out + o];
      const bool matches = row % 2 || generator()() % 2;  // so that some rows are correct
      target = (output.y.values[row * size.out + o] > 0) == matches;
      if (o % 5 == 4) target = 0.25f + 0.5f * target;
    }
  }
  targets.memory.write(targets.values.data(), targets.values.size(), nullptr);
  row_weights.memory.write(row_weights.values.data(), row_weights.values.size(), nullptr);
  DeviceMemory<uint32_t> label_memory(labels.size());
  label_memory.write(labels.data(), labels.size(), nullptr);
  DeviceMemory<RowScore> scores(size.batch);
  const TargetSource source = {given.labels ? label_memory.get() : nullptr, given.labels ? nullptr : targets.get(),
                               given.weighted ? row_weights.get() : nullptr, nullptr};
  check(launch_loss(step.site,
                    {given.kind, source, scores.get(), size.out, given.activation, output.sums(), {setting}}, output.y.get(),
                    dz.get()));
  check(launch_end_step(step.site, {step.site.progress, step.stop.get(), scores.get(), step.site.batch_size}));

  std::vector<double> wanted(dz.values.begin(), dz.values.end());
  double loss = 0;
  uint32_t correct = 0;
  for (int row = 0; row < size.rows; row++) {
    const float* y = &output.y.values[row * size.out];
    double* d = &wanted[row * size.out];
    std::vector<double> target(&targets.values[row * size.out], &targets.values[row * size.out] + size.out);
    for (int c = 0; c < size.out && (given.labels || smoothing > 0); c++) {
      const double unsmoothed = !given.labels                        ? target[c]
                                : labels[row] >= uint32_t(size.out) ? 1.0 / size.out
                                                                    : uint32_t(c) == labels[row];
      target[c] = (1 - double(smoothing)) * unsmoothed + double(smoothing) / size.out;
    }
    loss += loss_in_double(given.kind, y, target.data(), delta, size.out, d);
    for (int c = 0; c < size.out; c++) d[c] *= (given.weighted ? row_weights.values[row] : 1.0) / size.rows;
    if (squared) activate_row_backward(&output.z.values[row * size.out], d, size.out, given.activation);
    correct += is_correct(given, y, target.data(), labels[row], size.out);
  }
  const std::string check = text(name_of(given.kind), size) + ", activation " + std::to_string(given.activation) +
                            (given.labels ? ", labels" : ", targets") + (given.weighted ? ", row weights" : "");
  expect_near(dz.read(), wanted, 2e-6, check);
  const Progress end = step.read();
  expect(std::fabs(end.loss_sum - loss) <= 1e-5 * loss + 1e-6, check + ", sum of the losses");
  expect(end.correct == correct && end.rows == uint32_t(size.rows) && end.step == 1, check + ", end of the step");
}

inline void test_losses(const Size& size, const std::vector<Activation>& activations) {
  for (bool weighted : {false, true}) {
    for (bool labels : {true, false}) test_loss(size, {MLP_SOFTMAX_CROSS_ENTROPY, MLP_LINEAR, labels, weighted});
    test_loss(size, {MLP_BINARY_CROSS_ENTROPY, MLP_LINEAR, false, weighted});
    test_loss(size, {MLP_BINARY_CROSS_ENTROPY, MLP_LINEAR, false, weighted, 60});
    test_loss(size, {MLP_MEAN_SQUARED_ERROR, MLP_RELU, true, weighted});
  }
  for (Activation activation : activations) {
    test_loss(size, {MLP_MEAN_SQUARED_ERROR, activation, false, activation % 2 == 1});
    test_loss(size, {MLP_HUBER, activation, false, activation % 2 == 0});
  }
}

// Tests losses of one output at its limits: logits of ±100, outputs that are NaN or infinite.
inline void test_edges_of_losses() {
  const auto run = [](LossKind kind, float y, float target, float* d) {
    Step step(1, 1, 1);
    Matrix outputs(1), targets(1), dz(1);
    outputs.memory.write(&y, 1, nullptr);
    targets.memory.write(&target, 1, nullptr);
    DeviceMemory<RowScore> scores(1);
    const TargetSource source = {nullptr, targets.get(), nullptr, nullptr};
    check(launch_loss(step.site, {kind, source, scores.get(), 1, MLP_LINEAR, nullptr, {1}}, outputs.get(), dz.get()));
    RowScore score;
    scores.read(&score, 1, nullptr);
    *d = dz.read()[0];
    return score;
  };
  const LossKind binary = MLP_BINARY_CROSS_ENTROPY;
  float d = 0;
  for (float z : {100.0f, -100.0f}) {
    for (float target : {0.0f, 1.0f}) {
      const RowScore score = run(binary, z, target, &d);
      const bool wrong = (z > 0) != (target > 0.5f);
      expect(std::fabs(score.loss - (wrong ? 100 : 0)) <= 1e-5 && score.correct == !wrong, "the loss of a logit of ±100");
      expect(std::fabs(d - (wrong ? (z > 0 ? 1 : -1) : 0)) <= 1e-7, "the gradient of a logit of ±100");
    }
  }
  const double tiny = std::exp(-20.0);
  const RowScore sure = run(binary, 20, 1, &d);
  expect(std::fabs(sure.loss - tiny) <= 1e-6 * tiny && std::fabs(d + tiny) <= 1e-6 * tiny,
         "the loss and the gradient of a logit whose sigmoid rounds to 1");
  for (LossKind kind : {binary, MLP_HUBER, MLP_MEAN_SQUARED_ERROR}) {
    const RowScore score = run(kind, NAN, 1, &d);
    expect(std::isnan(score.loss) && std::isnan(d), "loss and gradient of a NaN are NaN");
  }
  const RowScore far = run(MLP_HUBER, INFINITY, 0, &d);
  expect(far.loss == INFINITY && d == 1, "the gradient of an infinite distance is bounded");
}
