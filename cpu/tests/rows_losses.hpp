// Each loss with its gradient, for every activation, against formulas in double.
#pragma once

#include "rows_activations.hpp"

// A loss, the activation that computed its y (linear if y are logits), and the kind of its targets.
struct LossCase {
  mlp_loss kind;
  mlp_activation activation;
  bool labels;           // false: target values
  bool weighted;         // true if rows have weights
  float setting;         // label smoothing or delta
  double deviation = 3;  // of the sums
};

inline std::string name_of(const LossCase& given, int width) {
  return "loss " + std::to_string(given.kind) + " of activation " + std::to_string(given.activation) + ", " +
         std::to_string(width) + " columns" + (given.labels ? ", labels" : ", targets") + (given.weighted ? ", weights" : "");
}

// The rows of a step, in any order, of a data set with more rows. Row 1 of 3 belongs to no class.
struct LossData {
  static constexpr int SET = 11, ROWS = 6, STEP = 7;  // ROWS: of the buffer and this share; STEP: of the step
  Guarded<uint32_t> labels{SET}, order{ROWS};
  Guarded<float> targets, row_weights{SET};
  Matrix z, y;

  LossData(const LossCase& given, int width)
      : targets(static_cast<size_t>(SET) * width), z(ROWS, width, given.deviation), y(ROWS, width) {
    for (int row = 0; row < ROWS; row++) order[row] = (row * 7 + 9) % SET;
    for (int n = 0; n < SET; n++) {
      labels[n] = n % 3 == 1 ? (n % 2 ? UINT32_MAX : width) : generator()() % width;
      row_weights[n] = n % 4 == 3 ? 0 : std::fabs(draw());
      for (int c = 0; c < width; c++) targets[n * width + c] = draw();
    }
    const Tested& set = instruction_sets()[0];
    set.activate(given.activation, z.memory.data(), y.memory.data(), z.memory.size());
    if (given.activation == MLP_SOFTMAX) set.kernels.softmax(y.panels, {0, ROWS});
    if (given.kind == MLP_SOFTMAX_CROSS_ENTROPY) {  // probabilities: multiples of 1/64, some of them 0 or equal
      std::fill(targets.data(), targets.data() + static_cast<size_t>(SET) * width, 0.0f);
      for (int n = 0; n < SET; n++) {
        const uint32_t most = 1 + generator()() % width;
        for (int part = 0; part < 64; part++) targets[n * width + generator()() % most] += 1.0f / 64;
      }
    }
    if (given.kind == MLP_BINARY_CROSS_ENTROPY) {
      for (int row = 0; row < ROWS; row++) {
        for (int c = 0; c < width; c++) {
          const bool matches = row % 2 || c < width - 1;  // so that some rows are correct, and some only but for one column
          const float target = (y.at(row, c) > 0) == matches;
          targets[order[row] * width + c] = c % 5 == 4 ? 0.25f + 0.5f * target : target;
        }
      }
    }
  }
};

inline Bounded target_in_double(const LossCase& given, const LossData& data, uint32_t n, int c, int width) {
  const Bounded one = 1, classes = width;
  const Bounded unsmoothed = !given.labels ? Bounded(data.targets[n * width + c])
                             : data.labels[n] >= uint32_t(width) ? one / classes
                                                                 : Bounded(data.labels[n] == uint32_t(c));
  if (given.kind != MLP_SOFTMAX_CROSS_ENTROPY || given.setting == 0) return unsmoothed;
  return (one - Bounded(given.setting)) * unsmoothed + Bounded(given.setting) / classes;
}

// Returns the loss of a row, and writes its gradient.
inline Bounded loss_in_double(const LossCase& given, const LossData& data, int row, int width, std::vector<Bounded>* d) {
  const uint32_t n = data.order[row];
  const Bounded one = 1, two = 2, outputs = width, weight = given.weighted ? data.row_weights[n] : 1, delta = given.setting;
  const Bounded scale = weight / (outputs * Bounded(LossData::STEP)), mean = one / outputs;
  std::vector<Bounded> y, z;
  for (int c = 0; c < width; c++) y.push_back(data.y.panels.at(row, c)[0]), z.push_back(data.z.panels.at(row, c)[0]);
  const ExpRow powers = exp_row_in_double(y);
  Bounded loss = 0, dot = 0;
  for (int c = 0; c < width; c++) {
    const Bounded target = target_in_double(given, data, n, c, width), off = y[c] - target;
    switch (given.kind) {
      case MLP_SOFTMAX_CROSS_ENTROPY:
        if (target.value != 0) loss = loss + target * (log(powers.sum) - (y[c] - powers.largest));
        d->push_back((powers.powers[c] / powers.sum - target) * (weight / Bounded(LossData::STEP)));
        d->back().error += 1e-27;  // of a small probability that counts as 0
        break;
      case MLP_BINARY_CROSS_ENTROPY: {
        const bool above = y[c].value > 0;
        const Bounded q = exp(Bounded(-std::fabs(y[c].value))), tail = q / (one + q);
        loss = loss + ((above ? y[c] : Bounded(0)) - y[c] * target + log1p(q)) * mean;
        d->push_back((above ? (one - target) - tail : tail - target) * scale);
        break;
      }
      case MLP_MEAN_SQUARED_ERROR:
        loss = loss + off * off * mean;
        d->push_back(two * scale * off);
        break;
      case MLP_HUBER: {
        const Bounded distance = abs(off);
        const bool near = distance.value <= delta.value;
        loss = loss + (near ? off * off / two : delta * (distance - delta / two)) * mean;
        d->push_back(scale * (near ? off : off.value > 0 ? delta : Bounded(-delta.value)));
        break;
      }
    }
    if (given.kind == MLP_SOFTMAX_CROSS_ENTROPY || given.kind == MLP_BINARY_CROSS_ENTROPY) continue;
    d->back() = back_in_double(given.activation, y[c], z[c], d->back());
    dot = dot + y[c] * d->back();
  }
  if (given.activation == MLP_SOFTMAX) {
    for (int c = 0; c < width; c++) (*d)[c] = y[c] * ((*d)[c] - dot);
  }
  return loss;
}

// Returns whether a row is correct, by the definition of the reference backend.
inline bool is_correct(const LossCase& given, const LossData& data, int row, int width) {
  const uint32_t n = data.order[row];
  if (given.labels || given.kind == MLP_SOFTMAX_CROSS_ENTROPY) {
    int best = 0;
    for (int c = 1; c < width; c++) best = *data.y.panels.at(row, c) > *data.y.panels.at(row, best) ? c : best;
    if (given.labels) return uint32_t(best) == data.labels[n];
    return &data.targets[n * width + best] == std::max_element(&data.targets[n * width], &data.targets[n * width] + width);
  }
  if (given.kind != MLP_BINARY_CROSS_ENTROPY) return false;
  for (int c = 0; c < width; c++) {
    if ((*data.y.panels.at(row, c) > 0) != (data.targets[n * width + c] > 0.5f)) return false;
  }
  return true;
}

inline Loss loss_of(const LossCase& given, const LossData& data, const Panels& dz, RowScore* scores) {
  const bool sums = given.activation == MLP_SILU || given.activation == MLP_MISH || given.activation == MLP_GELU;
  return {given.kind, data.y.panels, sums ? data.z.panels : Panels{nullptr, 0, 0}, dz,
          given.labels ? data.labels.data() : nullptr, given.labels ? nullptr : data.targets.data(),
          given.weighted ? data.row_weights.data() : nullptr, given.activation, {given.setting}, scores, LossData::STEP};
}

// Returns the gradient, then the loss and the correctness of each row.
inline std::vector<float> run_loss(const Tested& set, const std::vector<Range>& shares, const LossCase& given,
                                   const LossData& data, int width) {
  const Matrix dz(LossData::ROWS, width);
  Guarded<RowScore> scores(LossData::ROWS);
  const Loss op = loss_of(given, data, dz.panels, scores.data());
  for (Range share : shares) set.kernels.loss(op, {data.order.data(), 0}, share);
  std::vector<float> all = dz.numbers();
  for (int row = 0; row < LossData::ROWS; row++) all.push_back(scores[row].loss);
  for (int row = 0; row < LossData::ROWS; row++) all.push_back(static_cast<float>(scores[row].correct));
  return all;
}

inline void test_loss(int width, const LossCase& given) {
  const LossData data(given, width);
  const std::string name = name_of(given, width);
  const int rows = LossData::ROWS;
  const auto run = [&](const Tested& set, const std::vector<Range>& shares) {
    return run_loss(set, shares, given, data, width);
  };
  const std::vector<float> found = same_in_all(rows, 1, name, run);
  data.y.pad_with(1e30f), data.z.pad_with(-1e30f);
  expect(same_bits(found, run(instruction_sets()[0], {{0, rows}})), name + ": padding changes the result");
  for (int row = 0; row < rows; row++) {
    std::vector<Bounded> d;
    const Bounded loss = loss_in_double(given, data, row, width, &d);
    for (int c = 0; c < width; c++) expect_near(found[row * width + c], d[c], name + ", gradient");
    expect_near(found[rows * width + row], loss, name);
    expect(found[rows * width + rows + row] == is_correct(given, data, row, width), name + ", correct");
  }
}

inline void test_losses(int width) {
  for (bool weighted : {false, true}) {
    for (float smoothing : {0.0f, 0.1f, 1.0f}) {
      for (bool labels : {true, false}) test_loss(width, {MLP_SOFTMAX_CROSS_ENTROPY, MLP_LINEAR, labels, weighted, smoothing});
    }
    for (bool labels : {true, false}) test_loss(width, {MLP_SOFTMAX_CROSS_ENTROPY, MLP_LINEAR, labels, weighted, 0, 60});
    for (double deviation : {3, 60}) test_loss(width, {MLP_BINARY_CROSS_ENTROPY, MLP_LINEAR, false, weighted, 0, deviation});
    for (mlp_activation activation : ALL_ACTIVATIONS) {
      test_loss(width, {MLP_MEAN_SQUARED_ERROR, activation, true, weighted, 0, 1});
      test_loss(width, {MLP_MEAN_SQUARED_ERROR, activation, false, weighted, 0, 1});
      test_loss(width, {MLP_HUBER, activation, false, weighted, 0.7f, 1});
    }
  }
}

// Tests that the gradient of the softmax cross-entropy has no denormal numbers.
inline void test_small_gradients(const Tested& set) {
  Matrix y(1, 100), dz(1, 100);
  for (int c = 0; c < 100; c++) y.at(0, c) = -1.5f * static_cast<float>(c);
  const uint32_t label = 3;
  RowScore score;
  const Loss op{MLP_SOFTMAX_CROSS_ENTROPY, y.panels, {nullptr, 0, 0}, dz.panels, &label, nullptr, nullptr, MLP_LINEAR, {0},
                &score, 1};
  set.kernels.loss(op, {nullptr, 0}, {0, 1});
  for (int c = 0; c < 100; c++) {
    const float d = dz.at(0, c);
    if (c != 3) expect(c * 1.5f <= 64 ? d > 1e-29f : d == 0, "the gradient of a class that is not likely");
  }
}

// Tests `correct` and the loss of rows with NaN, infinities and equal numbers, in one vector and in several.
inline void test_edges_of_losses() {
  struct Edge {
    std::vector<float> y;  // the columns after them are `rest`
    float rest;
    uint32_t label;
    bool correct;
    float loss;  // -1: any
    const char* check;
  };
  const float inf = INFINITY;
  const std::vector<Edge> edges = {
      {{1, 3, 3}, 0, 1, true, -1, "the first of equal numbers is correct"},
      {{1, 3, 3}, 0, 2, false, -1, "the second of equal numbers is not correct"},
      {{0.0f, -0.0f}, -1, 0, true, -1, "0 and -0 are equal"},
      {{-0.0f, 0.0f}, -1, 0, true, -1, "-0 and 0 are equal"},
      {{1, NAN, 3}, 0, 2, true, NAN, "NaN is not the largest"},
      {{1, 3, 0, 0, 0, 0, 0, 0, 0, NAN, 0, 0, 0, 0, 0, NAN}, 0, 1, true, NAN, "NaN is not the largest in any lane"},
      {{NAN, 2, 3}, 0, 0, true, NAN, "NaN in the first column is the largest"},
      {{NAN, 2, 3}, 0, 2, false, NAN, "no number is larger than NaN in the first column"},
      {{}, NAN, 0, true, NAN, "of NaN alone, the first column is the largest"},
      {{}, -inf, 0, true, NAN, "of -infinity alone, the first column is the largest"},
      {{}, -inf, 1, false, NAN, "of -infinity alone, only the first column is the largest"},
      {{-inf, 5, -inf}, -inf, 1, true, 0, "a target of 0 times an infinite loss is 0"},
      {{-inf, 5}, 0, 0, false, inf, "the loss of a class of probability 0 is infinite"},
      {{1, inf}, 0, 1, true, NAN, "an infinite logit is NaN"},
      {{5}, 0, 99, false, -1, "a row of no class is not correct"},
  };
  for (const Tested& set : instruction_sets()) {
    for (int width : {3, 16, 20, 70}) {
      for (const Edge& edge : edges) {
        if (edge.y.size() > size_t(width)) continue;
        Matrix y(1, width), dz(1, width);
        for (int c = 0; c < width; c++) y.at(0, c) = size_t(c) < edge.y.size() ? edge.y[c] : edge.rest;
        RowScore score;
        struct Given {
          mlp_loss kind;
          bool labels;
        };
        for (const auto& [kind, labels] : {Given{MLP_SOFTMAX_CROSS_ENTROPY, true}, Given{MLP_SOFTMAX_CROSS_ENTROPY, false},
                                           Given{MLP_MEAN_SQUARED_ERROR, true}}) {
          if (!labels && edge.label >= uint32_t(width)) continue;
          std::vector<float> onehot(static_cast<size_t>(width));
          if (!labels) onehot[edge.label] = 1;
          const Loss op{kind, y.panels, {nullptr, 0, 0}, dz.panels, labels ? &edge.label : nullptr,
                        labels ? nullptr : onehot.data(), nullptr, MLP_LINEAR, {0}, &score, 1};
          set.kernels.loss(op, {nullptr, 0}, {0, 1});
          const std::string name = std::string(edge.check) + ", " + std::to_string(width) + " columns, " + set.name +
                                   (labels ? "" : ", probabilities");
          expect(score.correct == edge.correct, name);
          if (kind != MLP_SOFTMAX_CROSS_ENTROPY || edge.loss == -1) continue;
          expect(bits_of(score.loss) == bits_of(edge.loss), name + ", loss");
        }
      }
    }
    for (float z : {100.0f, -100.0f, NAN}) {
      Matrix y(1, 1), dz(1, 1);
      y.at(0, 0) = z;
      const float target = z > 0;
      RowScore score;
      const Loss op{MLP_BINARY_CROSS_ENTROPY, y.panels, {nullptr, 0, 0}, dz.panels, nullptr, &target, nullptr, MLP_LINEAR, {0},
                    &score, 1};
      set.kernels.loss(op, {nullptr, 0}, {0, 1});
      const float tail = static_cast<float>(std::exp(-100.0)), wanted = z > 0 ? -tail : tail, found = dz.at(0, 0);
      if (z == z) expect(std::fabs(found - wanted) <= 0.001f * tail && score.correct == 1, "small gradients keep their digits");
      else expect(std::isnan(score.loss) && std::isnan(found) && score.correct == 1, "a NaN logit is not above 0");
    }
    test_small_gradients(set);

    // A target of 1/2 is on the lower side; a NaN output has a NaN gradient, also with Huber's loss.
    for (float z : {1.0f, -1.0f, NAN}) {
      Matrix y(1, 1), dz(1, 1);
      y.at(0, 0) = z;
      const float half = 0.5f;
      RowScore score;
      Loss op{MLP_BINARY_CROSS_ENTROPY, y.panels, {nullptr, 0, 0}, dz.panels, nullptr, &half, nullptr, MLP_LINEAR, {0.1f},
              &score, 1};
      set.kernels.loss(op, {nullptr, 0}, {0, 1});
      expect(score.correct == !(z > 0), "a target of 1/2");
      op.kind = MLP_HUBER;
      set.kernels.loss(op, {nullptr, 0}, {0, 1});
      expect(std::isnan(score.loss) == std::isnan(z) && std::isnan(dz.at(0, 0)) == std::isnan(z), "Huber's loss of NaN");
    }
  }
}
