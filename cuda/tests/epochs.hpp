// Whole epochs through the C interface: every way to carry a plan out gives the same curve.
#pragma once

#include "../mlp.h"
#include "check.hpp"

// A network with its data set, drawn anew from the same seed for every path.
struct EpochCase {
  std::vector<int> widths;  // inputs, then the outputs of each layer
  uint32_t batch, rows;
  bool adam;
  double clip;
  std::vector<int> activations = {};  // of the layers; if there are none, ReLU and tanh in turn and a linear output
  bool squared = false;               // the mean squared error, in place of the cross-entropy
  bool diverges = false;              // by a learning rate that is no number
};

struct Curve {
  std::vector<double> losses;
  std::vector<float> parameters;
  std::string path;
};

inline Curve run_case(const EpochCase& given, int path) {
  char error[512] = "";
  const auto done = [&](int32_t status) { expect(status == MLP_OK, std::string("call failed: ") + error); };
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  int32_t status = 0;
  mlp_plan* plan = mlp_plan_create(0, given.batch, path, &status, error, sizeof error);
  done(status);
  int32_t next = 0;
  const auto buffer = [&](uint64_t rows, uint64_t columns) {
    done(mlp_plan_add_buffer(plan, rows, columns, error, sizeof error));
    return next++;
  };
  struct Ids {
    int32_t w, b, y, z, dz, dw, db, mw, vw, mb, vb;
  };
  const int layers = static_cast<int>(given.widths.size()) - 1;
  const auto activation = [&](int layer) {
    if (!given.activations.empty()) return given.activations[layer];
    return static_cast<int>(layer == layers - 1 ? MLP_LINEAR : layer % 2 ? MLP_TANH : MLP_RELU);
  };
  const int32_t x = buffer(0, given.widths[0]), target = buffer(0, 1);
  std::vector<Ids> ids;
  for (int layer = 0; layer < layers; layer++) {
    const uint64_t in = given.widths[layer], out = given.widths[layer + 1];
    const int32_t w = buffer(out, in), b = buffer(1, out), y = buffer(0, out),
                  z = needs_z(static_cast<mlp_activation>(activation(layer))) ? buffer(0, out) : -1, dz = buffer(0, out), dw = buffer(out, in),
                  db = buffer(1, out), mw = buffer(out, in), vw = buffer(out, in), mb = buffer(1, out),
                  vb = buffer(1, out);
    ids.push_back({w, b, y, z, dz, dw, db, mw, vw, mb, vb});
    std::vector<float> values(in * out);
    for (float& value : values) value = normal(random) / std::sqrt(static_cast<float>(in));
    done(mlp_plan_write_buffer(plan, w, values.data(), values.size(), error, sizeof error));
  }
  std::vector<uint8_t> inputs(given.rows * given.widths[0]);
  std::vector<uint32_t> labels(given.rows), order(given.rows);
  for (auto& value : inputs) value = random();
  for (auto& label : labels) label = random() % given.widths.back();
  for (uint32_t row = 0; row < given.rows; row++) order[row] = (row * 5 + 2) % given.rows;
  done(mlp_plan_set_inputs_u8(plan, inputs.data(), inputs.size(), given.widths[0], error, sizeof error));
  done(mlp_plan_set_labels(plan, labels.data(), labels.size(), error, sizeof error));

  const auto input = [&](int layer) { return layer == 0 ? x : ids[layer - 1].y; };
  done(mlp_plan_gather(plan, x, target, 1 / 255.0, error, sizeof error));
  for (int l = 0; l < layers; l++) {
    done(mlp_plan_linear(plan, input(l), ids[l].w, ids[l].b, ids[l].y, ids[l].z, activation(l), error,
                         sizeof error));
  }
  const Ids& last = ids.back();
  done(given.squared ? mlp_plan_mean_squared_error(plan, last.y, last.z, target, 1, last.dz, activation(layers - 1), error,
                                                   sizeof error)
                     : mlp_plan_softmax_cross_entropy(plan, last.y, target, last.dz, 0.05, error, sizeof error));
  for (int l = layers - 1; l > 0; l--) {
    done(mlp_plan_linear_backward_input(plan, ids[l].dz, ids[l].w, input(l), ids[l - 1].z, ids[l - 1].dz, activation(l - 1),
                                        error, sizeof error));
  }
  for (int l = layers - 1; l >= 0; l--) {
    done(mlp_plan_linear_backward_weight(plan, input(l), ids[l].dz, ids[l].dw, ids[l].db, error, sizeof error));
  }
  if (given.clip > 0) {
    std::vector<int32_t> gradients;
    for (const Ids& layer : ids) gradients.insert(gradients.end(), {layer.dw, layer.db});
    done(mlp_plan_clip_by_norm(plan, gradients.data(), gradients.size(), given.clip, error, sizeof error));
  }
  const int optimizer = given.adam ? MLP_ADAM : MLP_SGD;
  const std::vector<double> settings = given.adam ? std::vector<double>{0.9, 0.999, 1e-3, 0, 0} : std::vector<double>{0.9, 0, 0};
  const auto update = [&](int32_t parameter, int32_t gradient, const std::vector<int32_t>& states) {
    done(mlp_plan_update(plan, optimizer, parameter, gradient, states.data(), given.adam ? 2 : 1, settings.data(),
                         settings.size(), error, sizeof error));
  };
  for (const Ids& l : ids) {
    update(l.w, l.dw, {l.mw, l.vw});
    update(l.b, l.db, {l.mb, l.vb});
  }
  done(mlp_plan_finish(plan, error, sizeof error));

  Curve curve;
  char text[256];
  done(mlp_plan_describe(plan, text, sizeof text, error, sizeof error));
  curve.path = text;
  const uint64_t steps = (given.rows + given.batch - 1) / given.batch;
  std::vector<double> rates(steps, 0.01);
  if (given.diverges) rates[1] = NAN;  // what the second step leaves is no number: the third ends the epoch
  for (uint32_t epoch = 0; epoch < 2; epoch++) {
    if (epoch > 0) {
      for (auto& value : inputs) value = random();
      done(mlp_plan_set_inputs_u8(plan, inputs.data(), inputs.size(), given.widths[0], error, sizeof error));
      const std::vector<float> floats(inputs.begin(), inputs.end());
      const uint64_t shorter = inputs.size() - given.widths[0];
      expect(mlp_plan_set_inputs_f32(plan, floats.data(), floats.size(), given.widths[0], error, sizeof error) == MLP_INVALID &&
                 mlp_plan_set_inputs_u8(plan, inputs.data(), shorter, given.widths[0], error, sizeof error) == MLP_INVALID,
             "inputs of another kind or number are refused where a plan trains");
    }
    double results[MLP_RESULTS];
    done(mlp_plan_run_epoch(plan, epoch + 1, order.data(), given.rows, rates.data(), steps, epoch * steps, results,
                            MLP_RESULTS, error, sizeof error));
    const uint64_t carried_out = given.diverges ? epoch == 0 ? 3 : 1 : steps;
    expect(results[MLP_RESULT_STEPS] == carried_out && results[MLP_RESULT_ROWS] == std::min<uint64_t>(given.rows, carried_out * given.batch),
           "the epoch's steps and rows: " + curve.path);
    expect(results[MLP_RESULT_DIVERGED] == given.diverges, "whether the epoch diverged: " + curve.path);
    expect(mlp_plan_steps_done(plan, epoch + 1) == int64_t(carried_out), "mlp_plan_steps_done");
    if (given.diverges) continue;
    curve.losses.push_back(results[MLP_RESULT_LOSS_SUM]);
    curve.losses.push_back(results[MLP_RESULT_CORRECT]);
  }
  for (int l = 0; l < layers && !given.diverges; l++) {
    for (const auto& [id, size] : {std::pair(ids[l].w, given.widths[l] * given.widths[l + 1]),
                                   std::pair(ids[l].b, given.widths[l + 1])}) {
      std::vector<float> values(size);
      done(mlp_plan_read_buffer(plan, id, values.data(), values.size(), error, sizeof error));
      curve.parameters.insert(curve.parameters.end(), values.begin(), values.end());
    }
  }
  mlp_plan_destroy(plan);
  return curve;
}

inline const std::vector<EpochCase>& epoch_cases() {
  static const std::vector<EpochCase> cases = {
      {{20, 16, 4}, 8, 30, true, 0},        {{33, 40, 24, 5}, 16, 40, false, 0}, {{12, 3}, 4, 9, true, 0},
      {{70, 66, 130, 10}, 33, 80, true, 0}, {{20, 16, 4}, 8, 30, true, 0.05},    {{9, 300, 7}, 20, 41, false, 0},
      {{12, 72, 232, 5}, 16, 40, true, 0},  {{9, 130, 130, 130}, 5, 11, false, 0},
      {{20, 16, 12, 9, 4}, 8, 21, true, 0, {MLP_RELU, MLP_TANH, MLP_SOFTMAX, MLP_LINEAR}},
      {{12, 10, 4}, 4, 30, true, 0, {}, false, true},
      {{12, 72, 232, 16, 5}, 16, 40, false, 0, {MLP_SILU, MLP_SILU, MLP_SILU, MLP_LINEAR}},
      {{20, 16, 4}, 8, 30, true, 0, {MLP_SILU, MLP_SILU}, true},
      {{9, 130, 130}, 5, 11, false, 0, {MLP_SILU, MLP_SILU}, true},
      {{20, 16, 4}, 8, 30, true, 0.05, {MLP_SILU, MLP_SOFTMAX}, true},
  };
  return cases;
}

inline void test_epochs() {
  for (const EpochCase& given : epoch_cases()) {
    const Curve wanted = run_case(given, MLP_PATH_OPS);
    for (int path : {MLP_PATH_GRAPH, MLP_PATH_PERSISTENT}) {
      const Curve found = run_case(given, path);
      for (size_t at = 0; at < wanted.losses.size(); at++) {
        expect(std::fabs(found.losses[at] - wanted.losses[at]) <= 1e-5 * std::fabs(wanted.losses[at]),
               "the curve of: " + found.path);
      }
      expect_near(found.parameters, {wanted.parameters.begin(), wanted.parameters.end()}, 1e-5,
                  "the parameters of: " + found.path);
    }
  }
}
