// Complete epochs through the C interface: all paths give the same learning curve.
#pragma once

#include <functional>

#include "../mlp.h"
#include "check.hpp"

// A network and its data set, which is drawn from the same seed for every path.
struct EpochCase {
  std::vector<int> widths;  // inputs, then the outputs of each layer
  uint32_t batch, rows;
  mlp_optimizer optimizer;
  double clip;
  std::vector<int> activations = {};  // one for each layer; if empty, ReLU and tanh in turn and a linear output
  LossKind loss = MLP_SOFTMAX_CROSS_ENTROPY;
  bool diverges = false;             // if true, the learning rate of the second step is NaN
  std::vector<double> dropout = {};  // rate for the inputs of each layer; if empty, 0
  double average = 0;                // decay of the averages; 0 for no averages
  bool weighted = false;             // if true, rows have weights, and with labels, some rows belong to no class
  bool floats = false;               // if true, the inputs are floats
  double bias_decay = 0;             // weight decay of the biases, added to that of the optimizer

  bool probabilities = false;        // if true, the targets of the cross-entropy are probabilities

  bool has_labels() const { return needs_of(loss).target != LossTarget::values && !probabilities; }
};

inline std::vector<double> settings_of(mlp_optimizer optimizer) {
  switch (optimizer) {
    case MLP_SGD: return {0.9, 0, 0};                // momentum, nesterov, weight decay
    case MLP_ADAM: return {0.9, 0.999, 1e-3, 0, 0};  // beta1, beta2, epsilon, weight decay, decoupled
    case MLP_RMSPROP: return {0.9, 1e-2, 0.01};      // decay, epsilon, weight decay
    case MLP_LION: return {0.9, 0.99, 0.01};         // beta1, beta2, weight decay
  }
  __builtin_unreachable();
}

inline std::vector<double> settings_of(LossKind loss) {
  switch (loss) {
    case MLP_SOFTMAX_CROSS_ENTROPY: return {0.05};
    case MLP_MEAN_SQUARED_ERROR:
    case MLP_BINARY_CROSS_ENTROPY: return {};
    case MLP_HUBER: return {0.4};
  }
  __builtin_unreachable();
}

struct Curve {
  std::vector<double> losses;
  std::vector<float> parameters;
  std::string path, path_after;  // as described before the first epoch, and after the last one
};

// Returns how often this thread has waited for the emulated device, and how many cooperative launches it has done. A GPU does not
// tell: 0.
inline int waits() {
#ifdef __CUDACC__
  return 0;
#else
  return emulate::waits;
#endif
}
inline int launches_together() {
#ifdef __CUDACC__
  return 0;
#else
  return emulate::launches_together;
#endif
}

// Runs two epochs. Before them, calls `prepare` with the plan.
inline Curve run_case(const EpochCase& given, int path, const std::function<void(mlp_plan*)>& prepare = {}) {
  char error[512] = "";
  const auto done = [&](int32_t status) { expect(status == MLP_OK, std::string("a call failed: ") + error); };
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
    int32_t w, b, y, z, dz, dw, db, mw, vw, mb, vb, dropped, aw, ab;
  };
  const auto rate = [&](int layer) { return given.dropout.empty() ? 0.0 : given.dropout[layer]; };
  const int layers = static_cast<int>(given.widths.size()) - 1;
  const auto activation = [&](int layer) {
    if (!given.activations.empty()) return given.activations[layer];
    return static_cast<int>(layer == layers - 1 ? MLP_LINEAR : layer % 2 ? MLP_TANH : MLP_RELU);
  };
  const int32_t x = buffer(0, given.widths[0]), target = buffer(0, given.has_labels() ? 1 : given.widths.back()),
                row_weights = given.weighted ? buffer(0, 1) : -1;
  std::vector<Ids> ids;
  for (int layer = 0; layer < layers; layer++) {
    const uint64_t in = given.widths[layer], out = given.widths[layer + 1];
    const int32_t w = buffer(out, in), b = buffer(1, out), y = buffer(0, out),
                  z = needs_z(static_cast<mlp_activation>(activation(layer))) ? buffer(0, out) : -1,
                  dz = buffer(0, out), dw = buffer(out, in), db = buffer(1, out), mw = buffer(out, in),
                  vw = buffer(out, in), mb = buffer(1, out), vb = buffer(1, out), dropped = rate(layer) > 0 ? buffer(0, in) : -1,
                  aw = given.average > 0 ? buffer(out, in) : -1, ab = given.average > 0 ? buffer(1, out) : -1;
    ids.push_back({w, b, y, z, dz, dw, db, mw, vw, mb, vb, dropped, aw, ab});
    std::vector<float> values(in * out);
    for (float& value : values) value = normal(random) / std::sqrt(static_cast<float>(in));
    done(mlp_plan_write_buffer(plan, w, values.data(), values.size(), error, sizeof error));
  }
  std::vector<uint8_t> inputs(given.rows * given.widths[0]);
  std::vector<uint32_t> labels(given.rows), order(given.rows);
  const auto set_inputs = [&] {
    for (auto& value : inputs) value = random();
    if (!given.floats) return done(mlp_plan_set_inputs_u8(plan, inputs.data(), inputs.size(), given.widths[0], error, sizeof error));
    std::vector<float> floats(inputs.begin(), inputs.end());
    for (float& value : floats) value += 0.25f;
    done(mlp_plan_set_inputs_f32(plan, floats.data(), floats.size(), given.widths[0], error, sizeof error));
  };
  set_inputs();
  for (auto& label : labels) label = random() % given.widths.back();
  for (uint32_t row = 0; row < given.rows && given.weighted; row += 3) labels[row] = given.widths.back() + row;
  for (uint32_t row = 0; row < given.rows; row++) order[row] = (row * 5 + 2) % given.rows;
  if (given.has_labels()) {
    done(mlp_plan_set_labels(plan, labels.data(), labels.size(), error, sizeof error));
  } else {
    std::vector<float> targets(given.rows * given.widths.back());
    for (float& value : targets) value = random() % 5 / 4.0f;
    for (uint32_t row = 0; row < given.rows && given.probabilities; row++) {
      const int classes = given.widths.back();
      std::fill_n(&targets[row * classes], classes, 0.0f);
      for (int part = 0; part < 8; part++) targets[row * classes + random() % classes] += 1 / 8.0f;
    }
    done(mlp_plan_set_targets(plan, targets.data(), targets.size(), given.widths.back(), error, sizeof error));
  }
  if (given.weighted) {
    std::vector<float> values(given.rows);
    for (float& value : values) value = random() % 4 / 2.0f;
    done(mlp_plan_set_row_weights(plan, values.data(), values.size(), error, sizeof error));
  }

  const auto before = [&](int layer) { return layer == 0 ? x : ids[layer - 1].y; };
  const auto input = [&](int layer) { return ids[layer].dropped >= 0 ? ids[layer].dropped : before(layer); };
  done(mlp_plan_gather(plan, x, target, row_weights, 1 / 255.0, error, sizeof error));
  for (int l = 0; l < layers; l++) {
    if (rate(l) > 0) done(mlp_plan_dropout(plan, before(l), input(l), rate(l), 9, l, error, sizeof error));
    done(mlp_plan_linear(plan, input(l), ids[l].w, ids[l].b, ids[l].y, ids[l].z, activation(l), error,
                         sizeof error));
  }
  const Ids& last = ids.back();
  const int output = activation(layers - 1);
  const std::vector<double> loss_settings = settings_of(given.loss);
  done(mlp_plan_loss(plan, given.loss, last.y, last.z, target, given.has_labels(), row_weights, last.dz, output,
                     loss_settings.data(), loss_settings.size(), error, sizeof error));
  for (int l = layers - 1; l > 0; l--) {
    done(mlp_plan_linear_backward_input(plan, ids[l].dz, ids[l].w, before(l), ids[l - 1].z, ids[l - 1].dz, activation(l - 1),
                                        rate(l), 9, l, error, sizeof error));
  }
  for (int l = layers - 1; l >= 0; l--) {
    done(mlp_plan_linear_backward_weight(plan, input(l), ids[l].dz, ids[l].dw, ids[l].db, error, sizeof error));
  }
  if (given.clip > 0) {
    std::vector<int32_t> gradients;
    for (const Ids& layer : ids) gradients.insert(gradients.end(), {layer.dw, layer.db});
    done(mlp_plan_clip_by_norm(plan, gradients.data(), gradients.size(), given.clip, error, sizeof error));
  }
  const std::vector<double> settings = settings_of(given.optimizer);
  std::vector<double> bias_settings = settings;
  bias_settings[given.optimizer == MLP_ADAM ? 3 : 2] += given.bias_decay;
  const uint64_t states_needed = needs_of({given.optimizer, settings}).states;
  const auto update = [&](int32_t parameter, int32_t gradient, const std::vector<double>& settings, const std::vector<int32_t>& states) {
    done(mlp_plan_update(plan, given.optimizer, parameter, gradient, states.data(), states_needed, settings.data(),
                         settings.size(), error, sizeof error));
  };
  for (const Ids& l : ids) {
    update(l.w, l.dw, settings, {l.mw, l.vw});
    update(l.b, l.db, bias_settings, {l.mb, l.vb});
  }
  for (const Ids& l : ids) {
    if (given.average == 0) break;
    done(mlp_plan_average(plan, l.w, l.aw, given.average, error, sizeof error));
    done(mlp_plan_average(plan, l.b, l.ab, given.average, error, sizeof error));
  }
  done(mlp_plan_finish(plan, error, sizeof error));

  Curve curve;
  const auto described = [&] {
    char text[512];
    done(mlp_plan_describe(plan, text, sizeof text, error, sizeof error));
    return std::string(text);
  };
  curve.path = described();
  if (prepare) prepare(plan);
  const uint64_t steps = (given.rows + given.batch - 1) / given.batch;
  std::vector<double> rates(steps, 0.01);
  if (given.diverges) rates[1] = NAN;  // the second step makes the parameters NaN, so that the third ends the epoch
  for (uint32_t epoch = 0; epoch < 2; epoch++) {
    if (epoch > 0) {
      set_inputs();
      const std::vector<float> floats(inputs.begin(), inputs.end());
      const uint64_t size = inputs.size(), columns = given.widths[0];
      const auto takes = [&](bool are_floats, uint64_t count) {
        const int32_t status = are_floats ? mlp_plan_set_inputs_f32(plan, floats.data(), count, columns, error, sizeof error)
                                          : mlp_plan_set_inputs_u8(plan, inputs.data(), count, columns, error, sizeof error);
        return status != MLP_INVALID;
      };
      expect(!takes(!given.floats, size) && !takes(given.floats, size - columns),
             "inputs of another type or number are refused if a plan trains");
    }
    double results[MLP_RESULTS];
    const int waited = waits();
    done(mlp_plan_run_epoch(plan, epoch + 1, order.data(), given.rows, rates.data(), steps, epoch * steps, results,
                            MLP_RESULTS, error, sizeof error));
    const bool in_pieces = getenv("MLPCUDA_EMULATE_TIME_LIMIT"), changes = getenv("MLPCUDA_EMULATE_LAUNCH");
    const int epoch_waits = mlp_kind() == MLP_KIND_EMULATED ? 1 : 0;
    expect(in_pieces || changes || waits() - waited == epoch_waits,
           "an epoch waits once, found " + std::to_string(waits() - waited) + " waits: " + curve.path);
    const uint64_t executed = given.diverges ? epoch == 0 ? 3 : 1 : steps;
    expect(results[MLP_RESULT_STEPS] == executed, "the steps of the epoch: " + curve.path);
    expect(results[MLP_RESULT_ROWS] == std::min<uint64_t>(given.rows, executed * given.batch),
           "the rows of the epoch: " + curve.path);
    expect(results[MLP_RESULT_DIVERGED] == given.diverges, "the epoch diverges: " + curve.path);
    expect(mlp_plan_steps_done(plan, epoch + 1) == int64_t(executed), "mlp_plan_steps_done");
    if (given.diverges) continue;
    curve.losses.push_back(results[MLP_RESULT_LOSS_SUM]);
    curve.losses.push_back(results[MLP_RESULT_CORRECT]);
  }
  curve.path_after = described();
  std::vector<int32_t> kept;
  for (int l = 0; l < layers && !given.diverges; l++) {
    const int in = given.widths[l], out = given.widths[l + 1];
    for (const auto& [id, size] : {std::pair(ids[l].w, in * out), {ids[l].b, out}, {ids[l].aw, in * out}, {ids[l].ab, out}}) {
      if (id < 0) continue;
      std::vector<float> values(size);
      done(mlp_plan_read_buffer(plan, id, values.data(), values.size(), error, sizeof error));
      curve.parameters.insert(curve.parameters.end(), values.begin(), values.end());
      kept.push_back(id);
    }
  }
  std::vector<float> all(curve.parameters.size());
  const int waited = waits();
  done(mlp_plan_read_buffers(plan, kept.data(), kept.size(), all.data(), all.size(), error, sizeof error));
  expect(waits() - waited <= 1, "buffers are read with one wait");
  expect(all == curve.parameters, "buffers are read together as they are read alone");
  mlp_plan_destroy(plan);
  return curve;
}

inline const std::vector<EpochCase>& epoch_cases() {
  const LossKind entropy = MLP_SOFTMAX_CROSS_ENTROPY, binary = MLP_BINARY_CROSS_ENTROPY,
                 squared = MLP_MEAN_SQUARED_ERROR, huber = MLP_HUBER;
  static const std::vector<EpochCase> cases = {
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0},
      {{33, 40, 24, 5}, 16, 40, MLP_SGD, 0},
      {{12, 3}, 4, 9, MLP_ADAM, 0},
      {{70, 66, 130, 10}, 33, 80, MLP_ADAM, 0},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0.05},
      {{9, 300, 7}, 20, 41, MLP_SGD, 0},
      {{12, 72, 232, 5}, 16, 40, MLP_ADAM, 0},
      {{9, 130, 130, 130}, 5, 11, MLP_SGD, 0},
      {{20, 16, 12, 9, 4}, 8, 21, MLP_ADAM, 0, {MLP_RELU, MLP_TANH, MLP_SOFTMAX, MLP_LINEAR}},
      {{12, 10, 4}, 4, 30, MLP_ADAM, 0, {}, entropy, true},
      {{12, 72, 232, 16, 5}, 16, 40, MLP_SGD, 0, {MLP_SILU, MLP_SILU, MLP_SILU, MLP_LINEAR}},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0, {MLP_SILU, MLP_SILU}, squared},
      {{9, 130, 130}, 5, 11, MLP_SGD, 0, {MLP_SILU, MLP_SILU}, squared},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0.05, {MLP_SILU, MLP_SOFTMAX}, squared},
      {{12, 72, 232, 5}, 16, 40, MLP_RMSPROP, 0, {MLP_GELU, MLP_ELU, MLP_LINEAR}, binary, false, {}, 0, true},
      {{20, 16, 4}, 8, 30, MLP_LION, 0, {MLP_ELU, MLP_GELU}, huber, false, {}, 0, true},
      {{9, 130, 130}, 5, 11, MLP_RMSPROP, 0, {MLP_GELU, MLP_SOFTMAX}, huber},
      {{12, 72, 232, 5}, 16, 40, MLP_ADAM, 0, {}, entropy, false, {}, 0, true},
      {{20, 16, 4}, 8, 30, MLP_SGD, 0, {MLP_RELU, MLP_SOFTMAX}, squared, false, {}, 0, true},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0, {}, entropy, false, {0.2, 0.5}},
      {{33, 40, 24, 16, 5}, 16, 40, MLP_SGD, 0.05, {MLP_RELU, MLP_SOFTMAX, MLP_GELU, MLP_LINEAR}, entropy, false, {0, 0.4, 0.3, 0}, 0.9},
      {{12, 72, 232, 5}, 16, 40, MLP_ADAM, 0, {}, entropy, false, {}, 0.9},
      {{20, 16, 4}, 8, 30, MLP_SGD, 0, {}, entropy, false, {}, 0, false, true},
      {{33, 40, 24, 5}, 16, 40, MLP_ADAM, 0, {}, entropy, false, {}, 0, false, true},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0, {}, entropy, false, {}, 0, false, false, 0.5},
      {{20, 16, 4}, 8, 30, MLP_LION, 0, {}, entropy, false, {}, 0.9, false, false, 0.5},
      {{20, 16, 4}, 8, 30, MLP_ADAM, 0, {}, entropy, false, {}, 0, true, false, 0, true},
      {{33, 40, 24, 16, 5}, 16, 40, MLP_SGD, 0, {}, entropy, false, {}, 0, false, false, 0, true},
  };
  return cases;
}

// Tests that a path gives the curve and the parameters of another one.
inline void expect_same(const Curve& found, const Curve& wanted) {
  for (size_t at = 0; at < wanted.losses.size(); at++) {
    expect(std::fabs(found.losses[at] - wanted.losses[at]) <= 1e-5 * std::fabs(wanted.losses[at]), "the curve of: " + found.path);
  }
  expect_near(found.parameters, {wanted.parameters.begin(), wanted.parameters.end()}, 1e-5, "the parameters of: " + found.path);
}

inline void test_epochs() {
  for (const EpochCase& given : epoch_cases()) {
    const Curve wanted = run_case(given, MLP_PATH_OPS);
    for (int path : {MLP_PATH_GRAPH, MLP_PATH_PERSISTENT}) {
      const Curve found = run_case(given, path);
      expect(path != MLP_PATH_GRAPH || found.path.find("CUDA graph") == 0, "the path: " + found.path);
      if (path == MLP_PATH_PERSISTENT && given.average == 0 && given.bias_decay > 0) {
        expect(found.path.find("because the optimizers of the parameters, or their settings, differ") != std::string::npos,
               "the path: " + found.path);
      } else if (path == MLP_PATH_PERSISTENT && (given.average > 0 || !given.dropout.empty())) {
        const bool drops = !given.dropout.empty() && given.clip == 0;
        const char* reason = given.clip > 0 ? "gradients are clipped" : drops ? "have a dropout" : "averages of the parameters";
        expect(found.path.find("CUDA graph") == 0 && found.path.find(reason) != std::string::npos, "the path: " + found.path);
      }
      expect_same(found, wanted);
    }
  }
}
