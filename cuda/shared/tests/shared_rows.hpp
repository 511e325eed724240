// Rows of several plans, through the C interface: the same results as with inputs of a plan's own, wrong calls, and the end of
// rows before that of their plans.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mlp.h"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"

// A plan of one layer of 20 inputs and 3 outputs, which trains or predicts.
class LayerPlan {
 public:
  static constexpr uint64_t INPUTS = 20, OUTPUTS = 3, ROWS = 100;
  static constexpr uint32_t BATCH = 16;

  explicit LayerPlan(bool trains) : trains_(trains) {
    int32_t status = 0;
    plan = mlp_plan_create(0, BATCH, MLP_PATH_AUTO, &status, error, SIZE);
    const uint64_t shapes[][2] = {{0, INPUTS}, {0, OUTPUTS}, {OUTPUTS, INPUTS}, {1, OUTPUTS}, {0, OUTPUTS}, {0, OUTPUTS},
                                  {OUTPUTS, INPUTS}, {1, OUTPUTS}};
    for (const auto& [rows, columns] : shapes) must(mlp_plan_add_buffer(plan, rows, columns, error, SIZE));
    must(mlp_plan_gather(plan, X, trains ? TARGET : -1, -1, 0.5, error, SIZE));
    must(mlp_plan_linear(plan, X, WEIGHTS, BIAS, Y, -1, MLP_TANH, error, SIZE));
    if (!trains) return;
    must(mlp_plan_loss(plan, MLP_MEAN_SQUARED_ERROR, Y, -1, TARGET, 0, -1, DZ, MLP_TANH, nullptr, 0, error, SIZE));
    must(mlp_plan_linear_backward_weight(plan, X, DZ, D_WEIGHTS, D_BIAS, error, SIZE));
    const double settings[] = {0, 0, 0};
    for (const auto& [parameter, gradient] : {std::pair(WEIGHTS, D_WEIGHTS), {BIAS, D_BIAS}}) {
      must(mlp_plan_update(plan, MLP_SGD, parameter, gradient, nullptr, 0, settings, 3, error, SIZE));
    }
    const std::vector<float> targets(ROWS * OUTPUTS, 0.25f);
    must(mlp_plan_set_targets(plan, targets.data(), targets.size(), OUTPUTS, error, SIZE));
  }
  LayerPlan(const LayerPlan&) = delete;
  ~LayerPlan() { mlp_plan_destroy(plan); }

  void must(int32_t status) { expect(status == MLP_OK, std::string("a plan of one layer: ") + error); }
  void set(const std::vector<uint8_t>& inputs) { must(mlp_plan_set_inputs_u8(plan, inputs.data(), inputs.size(), INPUTS, error, SIZE)); }
  void set(const std::vector<float>& inputs) { must(mlp_plan_set_inputs_f32(plan, inputs.data(), inputs.size(), INPUTS, error, SIZE)); }
  void set(const mlp_rows* rows) { must(mlp_plan_set_rows(plan, rows, error, SIZE)); }
  void finish() {
    must(mlp_plan_finish(plan, error, SIZE));
    std::vector<float> weights(OUTPUTS * INPUTS);
    for (size_t at = 0; at < weights.size(); at++) weights[at] = static_cast<float>(at % 7) * 0.01f - 0.02f;
    must(mlp_plan_write_buffer(plan, WEIGHTS, weights.data(), weights.size(), error, SIZE));
  }

  // Returns the outputs of all rows, or the weights after an epoch and its results.
  std::vector<double> run(uint32_t number = 1) {
    std::vector<float> found(trains_ ? OUTPUTS * INPUTS : ROWS * OUTPUTS);
    std::vector<double> results;
    if (trains_) {
      std::vector<uint32_t> order(ROWS);
      for (uint32_t at = 0; at < ROWS; at++) order[at] = at * 7 % ROWS;
      const std::vector<double> rates((ROWS + BATCH - 1) / BATCH, 0.1);
      results.resize(MLP_RESULTS);
      must(mlp_plan_run_epoch(plan, number, order.data(), ROWS, rates.data(), rates.size(), 0, results.data(), results.size(), error, SIZE));
      must(mlp_plan_read_buffer(plan, WEIGHTS, found.data(), found.size(), error, SIZE));
    } else {
      must(mlp_plan_predict(plan, Y, found.data(), found.size(), error, SIZE));
    }
    results.insert(results.end(), found.begin(), found.end());
    return results;
  }

  static constexpr uint32_t SIZE = 512;
  char error[SIZE] = "";
  mlp_plan* plan;

 private:
  static constexpr int32_t X = 0, TARGET = 1, WEIGHTS = 2, BIAS = 3, Y = 4, DZ = 5, D_WEIGHTS = 6, D_BIAS = 7;
  const bool trains_;
};

inline mlp_rows* create_rows(const std::vector<uint8_t>& inputs) {
  return mlp_rows_create_u8(0, inputs.data(), inputs.size(), LayerPlan::INPUTS, nullptr, nullptr, 0);
}
inline mlp_rows* create_rows(const std::vector<float>& inputs) {
  return mlp_rows_create_f32(0, inputs.data(), inputs.size(), LayerPlan::INPUTS, nullptr, nullptr, 0);
}

// Returns inputs of all rows, of which `zeros` per cent are 0.
template <class T>
std::vector<T> inputs_with_zeros(uint32_t zeros, uint32_t seed = 1) {
  std::vector<T> inputs(LayerPlan::ROWS * LayerPlan::INPUTS);
  uint32_t state = seed;
  for (T& value : inputs) {
    state = state * 1664525u + 1013904223u;
    value = (state >> 16) % 100 < zeros ? T(0) : T((state >> 8) % 7 + 1);
  }
  return inputs;
}

// Tests that plans with the same rows give the results of plans with inputs of their own, in every order of calls.
template <class T>
void test_results_of_rows(uint32_t zeros) {
  const std::vector<T> inputs = inputs_with_zeros<T>(zeros), others = inputs_with_zeros<T>(zeros, 2);
  mlp_rows *rows = create_rows(inputs), *other_rows = create_rows(others);
  expect(rows && other_rows, "rows are created");
  std::vector<double> wanted[2], wanted_others;
  for (const bool trains : {false, true}) {
    LayerPlan own(trains);
    own.set(inputs);
    own.finish();
    wanted[trains] = own.run();
    if (trains) continue;
    own.set(others);
    wanted_others = own.run();
  }
  const auto same = [&](bool holds, const char* what) {
    expect(holds, format("%s, %u %% zeros, numbers of %d bytes: other results", what, zeros, static_cast<int>(sizeof(T))));
  };
  LayerPlan first(true), second(true), predictor(false), rows_later(false);
  for (LayerPlan* plan : {&first, &second, &predictor}) {
    plan->set(rows);
    plan->finish();
  }
  same(first.run() == wanted[1] && second.run() == wanted[1], "two plans that train on the same rows");
  same(predictor.run() == wanted[0], "a plan that predicts rows");
  predictor.set(other_rows);
  same(predictor.run() == wanted_others, "other rows in place of rows");
  predictor.set(inputs);
  same(predictor.run() == wanted[0], "inputs in place of rows");
  predictor.set(others);
  same(predictor.run() == wanted_others, "inputs in place of inputs in place of rows");
  rows_later.set(inputs);
  rows_later.finish();
  rows_later.run();
  rows_later.set(other_rows);
  same(rows_later.run() == wanted_others, "rows in place of inputs");

  // The rows stay while a plan has them.
  mlp_rows_free(rows);
  mlp_rows_free(other_rows);
  same(rows_later.run() == wanted_others, "a prediction after the rows were freed");
  LayerPlan own(true);
  own.set(inputs);
  own.finish();
  own.run();
  same(first.run(2) == own.run(2), "an epoch after the rows were freed");
  rows_later.set(inputs);
  same(rows_later.run() == wanted[0], "inputs in place of rows that were freed");
}

// Tests wrong calls and their messages.
inline void test_misused_rows() {
  constexpr uint32_t SIZE = 512;
  char error[SIZE] = "";
  int32_t status = 0;
  const auto refused = [&](int32_t status, const std::string& message) {
    expect(status == MLP_INVALID && error == message, std::string("another message for wrong rows: ") + error);
  };
  const std::vector<uint8_t> bytes = inputs_with_zeros<uint8_t>(0);
  const std::vector<float> floats = inputs_with_zeros<float>(0);
  const auto create = [&](const float* values, uint64_t count, uint64_t columns) {
    expect(!mlp_rows_create_f32(0, values, count, columns, &status, error, SIZE), "wrong rows are refused");
    return status;
  };
  refused(create(nullptr, 20, 20), "An array is null");
  refused(create(floats.data(), 20, 0), "20 inputs are not a whole number of rows of 0");
  refused(create(floats.data(), 20, 3), "20 inputs are not a whole number of rows of 3");
  expect(!mlp_rows_create_u8(0, nullptr, 20, 20, &status, error, SIZE), "bytes that are null are refused");
  refused(status, "An array is null");
  expect(!mlp_rows_create_u8(1000, bytes.data(), 20, 20, &status, error, SIZE) && status == MLP_NO_DEVICE,
         "rows on a missing device are refused");
  expect(!mlp_rows_create_u8(0, bytes.data(), uint64_t(1) << 33, 1, nullptr, nullptr, 0), "too many rows are refused");
  mlp_rows_free(nullptr);

  mlp_rows *rows = create_rows(bytes), *of_floats = create_rows(floats);
  mlp_rows* fewer = mlp_rows_create_u8(0, bytes.data(), 60, 20, &status, error, SIZE);
  mlp_rows* narrow = mlp_rows_create_u8(0, bytes.data(), 100, 10, &status, error, SIZE);
  LayerPlan plan(true);
  expect(rows && fewer && narrow && of_floats, "rows are created");
  refused(mlp_plan_set_rows(nullptr, rows, error, SIZE), "The plan is null");
  refused(mlp_plan_set_rows(plan.plan, nullptr, error, SIZE), "The rows are null");
  plan.set(narrow);
  refused(mlp_plan_finish(plan.plan, error, SIZE), "The data set has rows of 10 inputs, buffer 0 has 20 columns");
  plan.set(rows);
  plan.finish();
  plan.run();
  refused(mlp_plan_set_rows(plan.plan, narrow, error, SIZE), "The plan was made for rows of 20 inputs, found 10");
  refused(mlp_plan_set_rows(plan.plan, fewer, error, SIZE), "The plan trains on 100 rows of bytes, found 3 rows of bytes");
  refused(mlp_plan_set_rows(plan.plan, of_floats, error, SIZE), "The plan trains on 100 rows of bytes, found 100 rows of floats");
  LayerPlan same(true);
  same.set(rows);
  same.finish();
  same.run();
  expect(plan.run(2) == same.run(2), "a plan keeps its rows if others are refused");
  for (mlp_rows* each : {rows, of_floats, fewer, narrow}) mlp_rows_free(each);
}

inline void test_shared_rows() {
  for (const uint32_t zeros : {0u, 90u}) {
    test_results_of_rows<uint8_t>(zeros);
    test_results_of_rows<float>(zeros);
  }
  test_misused_rows();
}
