// The messages of the C interface when it is used wrongly, which are the same in every library.
#pragma once

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "mlp.h"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"

inline void test_misuse() {
  char error[512] = "";
  expect(mlp_plan_finish(nullptr, error, sizeof error) == MLP_INVALID, "a null plan is refused");
  mlp_plan_destroy(nullptr);
  int32_t status = 0;
  expect(!mlp_plan_create(1000, 1, 0, &status, error, sizeof error) && status == MLP_NO_DEVICE, "a missing device is refused");
  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, nullptr, 0);
  expect(mlp_plan_linear(plan, 0, 1, 2, 3, -1, 0, error, sizeof error) == MLP_INVALID,
         "buffers that do not exist are refused");
  expect(mlp_plan_add_buffer(plan, 1ull << 30, 1ull << 30, error, sizeof error) == MLP_OK &&
             mlp_plan_write_buffer(plan, 0, nullptr, 5, error, sizeof error) == MLP_INVALID,
         "a null array is refused");
  float one = 1;
  expect(mlp_plan_write_buffer(plan, 0, &one, 1, error, sizeof error) == MLP_INVALID, "a wrong size is refused");
  mlp_plan_destroy(plan);
}

// Tests wrong operations: sums that are missing or belong to no layer, updates without their states or settings.
inline void test_misused_operations() {
  char error[512] = "";
  int32_t status = 0;
  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  const uint64_t shapes[][2] = {{0, 3}, {3, 3}, {1, 3}, {0, 3}, {0, 3}, {0, 3}, {0, 3}};
  for (const auto& [rows, columns] : shapes) mlp_plan_add_buffer(plan, rows, columns, error, sizeof error);
  const int32_t x = 0, w = 1, b = 2, y = 3, z = 4, other = 5, dz = 6, size = sizeof error;
  const auto refused = [&](int32_t status, const char* message) {
    expect(status == MLP_INVALID && strcmp(error, message) == 0,
           std::string("another message for a wrong operation: ") + error);
  };
  refused(mlp_plan_linear(plan, x, w, b, y, -1, 77, error, size), "There is no activation with number 77");
  refused(mlp_plan_linear(plan, x, w, b, y, -1, -1, error, size), "There is no activation with number -1");
  refused(mlp_plan_linear(plan, x, w, b, y, y, MLP_SILU, error, size), "A layer cannot write its output over its sums, buffer 3");
  refused(mlp_plan_linear(plan, x, w, b, y, x, MLP_SILU, error, size), "A layer cannot write its output over its input, buffer 0");
  refused(mlp_plan_linear(plan, x, w, b, y, b, MLP_SILU, error, size), "Buffer 2 has shape [1, 3], needs [B, 3] as sums of a layer");
  expect(mlp_plan_linear(plan, x, w, b, y, z, MLP_SILU, error, size) == MLP_OK, "a layer can write its sums");
  expect(mlp_plan_linear(plan, y, w, b, other, -1, MLP_SILU, error, size) == MLP_OK, "a layer need not write its sums");
  const char* missing = "The derivative of activation 5 needs its sums, found no buffer for them";
  const char* other_sums = "Buffer 6 does not hold the sums of the layer whose output is buffer 3";
  refused(mlp_plan_linear_backward_input(plan, dz, w, y, -1, x, MLP_SILU, 0, 0, 0, error, size), missing);
  refused(mlp_plan_linear_backward_input(plan, other, w, y, dz, x, MLP_SILU, 0, 0, 0, error, size), other_sums);
  refused(mlp_plan_linear_backward_input(plan, dz, w, y, z, z, MLP_SILU, 0, 0, 0, error, size),
          "A gradient cannot be written over an input of its computation, buffer 4");
  const char* rate = "A dropout needs a rate from 0 to below 1, found ";
  refused(mlp_plan_dropout(plan, x, x, 0.5, 1, 0, error, size), "A dropout cannot write its output over its input, buffer 0");
  refused(mlp_plan_dropout(plan, x, b, 0.5, 1, 0, error, size), "Buffer 2 has shape [1, 3], needs [B, 3] as output of a dropout");
  refused(mlp_plan_dropout(plan, b, x, 0.5, 1, 0, error, size), "Buffer 2 has shape [1, 3], needs [B, 3] as input of a dropout");
  refused(mlp_plan_dropout(plan, x, y, 1, 1, 0, error, size), (std::string(rate) + "1").c_str());
  refused(mlp_plan_dropout(plan, x, y, -0.5, 1, 0, error, size), (std::string(rate) + "-0.5").c_str());
  refused(mlp_plan_linear_backward_input(plan, other, w, y, z, dz, MLP_SILU, 1, 1, 0, error, size), (std::string(rate) + "1").c_str());
  expect(mlp_plan_dropout(plan, x, y, NAN, 1, 0, error, size) == MLP_INVALID, "a rate of NaN is refused");

  refused(mlp_plan_average(plan, b, b, 0.5, error, size), "An average cannot be written over its parameter, buffer 2");
  refused(mlp_plan_average(plan, b, w, 0.5, error, size), "Buffer 1 has shape [3, 3], needs [1, 3] as average");
  refused(mlp_plan_average(plan, y, x, 0.5, error, size), "Buffer 3 has a batch dimension and is not a parameter");
  for (double decay : {1.0, -1.0}) {
    mlp_plan_add_buffer(plan, 1, 3, error, size);
    refused(mlp_plan_average(plan, b, 7, decay, error, size),
            ("An average needs a decay from 0 to below 1, found " + std::to_string(int(decay))).c_str());
  }
  refused(mlp_plan_gather(plan, x, x, -1, 1, error, size),
          "A gather cannot write two results to one buffer, found x 0, target 0 and row weights -1");
  refused(mlp_plan_gather(plan, x, y, z, 1, error, size), "Buffer 4 has shape [B, 3], needs [B, 1] as row weights");
  refused(mlp_plan_set_row_weights(plan, nullptr, 3, error, size), "An array is null");

  const int32_t states[] = {b, b, b}, batch[] = {y};
  const double settings[] = {0.9, 0, 0, 0, 0};
  const auto update = [&](int32_t optimizer, const int32_t* states, uint64_t state_count, uint64_t setting_count) {
    return mlp_plan_update(plan, optimizer, b, b, states, state_count, settings, setting_count, error, size);
  };
  refused(update(MLP_OPTIMIZERS, states, 1, 3), "There is no optimizer with number 4");
  refused(update(MLP_SGD, states, 1, 5), "Optimizer 0 needs 3 settings, found 5");
  refused(update(MLP_ADAM, states, 2, 3), "Optimizer 1 needs 5 settings, found 3");
  refused(update(MLP_SGD, states, 0, 3), "Optimizer 0 with these settings needs 1 buffers of state, found 0");
  refused(update(MLP_ADAM, states, 3, 5), "Optimizer 1 with these settings needs 2 buffers of state, found 3");
  refused(update(MLP_SGD, batch, 1, 3), "Buffer 3 has shape [B, 3], needs [1, 3] as optimizer state");
  refused(update(MLP_SGD, nullptr, 1, 3), "An array is null");
  refused(update(MLP_RMSPROP, states, 1, 5), "Optimizer 2 needs 3 settings, found 5");
  refused(update(MLP_LION, states, 2, 3), "Optimizer 3 with these settings needs 1 buffers of state, found 2");
  refused(update(MLP_LION, states, 1, 3),
          "An update needs different buffers for parameter, gradient and states, found buffer 2 twice");
  mlp_plan_destroy(plan);

  plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  for (const auto& [rows, columns] : shapes) mlp_plan_add_buffer(plan, rows, columns, error, sizeof error);
  const float inputs[3] = {1, 2, 3};
  float outputs[3];
  expect(mlp_plan_gather(plan, x, -1, -1, 1, error, size) == MLP_OK &&
             mlp_plan_linear(plan, x, w, b, y, -1, MLP_RELU, error, size) == MLP_OK &&
             mlp_plan_set_inputs_f32(plan, inputs, 3, 3, error, size) == MLP_OK &&
             mlp_plan_finish(plan, error, size) == MLP_OK && mlp_plan_predict(plan, y, outputs, 3, error, size) == MLP_OK,
         std::string("a layer predicts: ") + error);
  refused(mlp_plan_predict(plan, other, outputs, 3, error, size), "Cannot predict buffer 5: no operation writes it");
  mlp_plan_destroy(plan);
}

// Tests losses with wrong buffers, targets, activations or settings.
inline void test_misused_losses() {
  char error[512] = "";
  int32_t status = 0;
  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  const uint64_t shapes[][2] = {{0, 3}, {3, 3}, {1, 3}, {0, 3}, {0, 3}, {0, 3}, {0, 3}, {0, 1}};
  for (const auto& [rows, columns] : shapes) mlp_plan_add_buffer(plan, rows, columns, error, sizeof error);
  const int32_t x = 0, w = 1, b = 2, y = 3, z = 4, values = 5, dz = 6, labels = 7, size = sizeof error;
  expect(mlp_plan_linear(plan, x, w, b, y, z, MLP_LINEAR, error, size) == MLP_OK, std::string("a layer is recorded: ") + error);
  struct Call {
    int32_t loss, activation;
    std::vector<double> settings;
    int32_t has_labels = 0, y = 3, z = -1, dz = 6, target = -1, row_weights = -1;
  };
  const auto record = [&](const Call& given) {
    const int32_t target = given.target >= 0 ? given.target : given.has_labels ? labels : values;
    return mlp_plan_loss(plan, given.loss, given.y, given.z, target, given.has_labels, given.row_weights, given.dz,
                         given.activation, given.settings.data(), given.settings.size(), error, size);
  };
  const auto refused = [&](const Call& given, const char* message) {
    expect(record(given) == MLP_INVALID && strcmp(error, message) == 0,
           std::string("another message for a wrong loss: ") + error);
  };
  const int32_t entropy = MLP_SOFTMAX_CROSS_ENTROPY, squared = MLP_MEAN_SQUARED_ERROR, binary = MLP_BINARY_CROSS_ENTROPY,
                huber = MLP_HUBER;
  refused({squared, MLP_SILU, {}}, "The derivative of activation 5 needs its sums, found no buffer for them");
  refused({huber, MLP_GELU, {1}}, "The derivative of activation 9 needs its sums, found no buffer for them");
  refused({squared, MLP_RELU, {}, 0, y, x}, "Buffer 0 does not hold the sums of the layer whose output is buffer 3");
  refused({squared, MLP_RELU, {}, 0, y, -1, y}, "A gradient cannot be written over an input of its computation, buffer 3");
  refused({squared, MLP_RELU, {}, 0, y, -1, dz, values, x}, "Buffer 0 has shape [B, 3], needs [B, 1] as row weights");
  refused({squared, MLP_RELU, {}, 1, y, -1, dz, values}, "Buffer 5 has shape [B, 3], needs [B, 1] as labels");
  refused({squared, MLP_RELU, {}, 0, b}, "Buffer 2 has shape [1, 3], needs [B, 3] as output");
  refused({binary, MLP_LINEAR, {}, 0, b}, "Buffer 2 has shape [1, 3], needs [B, 3] as logits");
  refused({binary, MLP_LINEAR, {}, 0, y, -1, dz, b}, "Buffer 2 has shape [1, 3], needs [B, 3] as targets");
  refused({MLP_LOSSES, MLP_LINEAR, {}}, "There is no loss with number 4");
  refused({-1, MLP_LINEAR, {}}, "There is no loss with number -1");
  refused({huber, MLP_ACTIVATIONS, {1}}, "There is no activation with number 10");
  refused({entropy, MLP_LINEAR, {}, 1}, "Loss 0 needs 1 settings, found 0");
  refused({squared, MLP_RELU, {1}}, "Loss 1 needs 0 settings, found 1");
  refused({binary, MLP_LINEAR, {1}}, "Loss 2 needs 0 settings, found 1");
  refused({huber, MLP_RELU, {1, 1}}, "Loss 3 needs 1 settings, found 2");
  refused({entropy, MLP_LINEAR, {0}, 0, y, -1, dz, labels}, "Buffer 7 has shape [B, 1], needs [B, 3] as targets");
  refused({binary, MLP_LINEAR, {}, 1}, "Loss 2 needs target values, found labels");
  refused({huber, MLP_RELU, {1}, 1}, "Loss 3 needs target values, found labels");
  refused({entropy, MLP_SOFTMAX, {0}, 1}, "Loss 0 is computed from logits and needs activation 0, found 4");
  refused({binary, MLP_SIGMOID, {}}, "Loss 2 is computed from logits and needs activation 0, found 2");
  refused({entropy, MLP_LINEAR, {-0.5}, 1}, "Label smoothing needs a number from 0 to 1, found -0.5");
  refused({entropy, MLP_LINEAR, {1.5}, 1}, "Label smoothing needs a number from 0 to 1, found 1.5");
  refused({huber, MLP_RELU, {0}}, "Huber's loss needs a distance above 0, found 0");
  refused({huber, MLP_RELU, {-1}}, "Huber's loss needs a distance above 0, found -1");
  expect(record({entropy, MLP_LINEAR, {NAN}, 1}) == MLP_INVALID, "label smoothing of NaN is refused");
  expect(record({huber, MLP_RELU, {NAN}}) == MLP_INVALID, "a distance of NaN is refused");
  expect(mlp_plan_loss(plan, huber, y, -1, values, 0, -1, dz, MLP_RELU, nullptr, 1, error, size) == MLP_INVALID &&
             strcmp(error, "An array is null") == 0, "null settings are refused");
  for (const Call& given : {Call{entropy, MLP_LINEAR, {1}, 1}, {entropy, MLP_LINEAR, {0}}, {squared, MLP_SOFTMAX, {}, 1}, {squared, MLP_SILU, {}, 0, y, z},
                            {binary, MLP_LINEAR, {}}, {huber, MLP_RELU, {0.5}}}) {
    expect(record(given) == MLP_OK, std::string("a loss is recorded: ") + error);
  }
  mlp_plan_destroy(plan);
}

// Tests data sets without the labels, targets or row weights that a plan needs.
inline void test_misused_sets() {
  char error[512] = "";
  const int32_t x = 0, target = 1, row_weights = 2, w = 3, b = 4, y = 5, dz = 6, others = 7, size = sizeof error;
  const float ones[4] = {1, 1, 1, 1};
  const uint32_t labels[4] = {};
  const auto refused = [&](int32_t loss_target, int32_t loss_weights, bool has_labels, bool has_targets, uint64_t weights,
                           const char* message) {
    int32_t status = 0;
    mlp_plan* plan = mlp_plan_create(0, 2, 0, &status, error, size);
    const uint64_t shapes[][2] = {{0, 1}, {0, 1}, {0, 1}, {1, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 1}};
    for (const auto& [rows, columns] : shapes) mlp_plan_add_buffer(plan, rows, columns, error, size);
    expect(mlp_plan_gather(plan, x, target, row_weights, 1, error, size) == MLP_OK &&
               mlp_plan_linear(plan, x, w, b, y, -1, MLP_LINEAR, error, size) == MLP_OK &&
               mlp_plan_loss(plan, MLP_BINARY_CROSS_ENTROPY, y, -1, loss_target, 0, loss_weights, dz, MLP_LINEAR, nullptr, 0,
                             error, size) == MLP_OK &&
               mlp_plan_set_inputs_f32(plan, ones, 4, 1, error, size) == MLP_OK,
           std::string("a loss is recorded: ") + error);
    if (has_labels) mlp_plan_set_labels(plan, labels, 4, error, size);
    if (has_targets) mlp_plan_set_targets(plan, ones, 4, 1, error, size);
    if (weights > 0) mlp_plan_set_row_weights(plan, ones, weights, error, size);
    status = mlp_plan_finish(plan, error, size);
    expect(message ? status == MLP_INVALID && strcmp(error, message) == 0 : status == MLP_OK,
           std::string("another message for a wrong data set: ") + error);
    if (!message) {
      expect(mlp_plan_set_row_weights(plan, ones, 4, error, size) == MLP_INVALID &&
                 strcmp(error, "Cannot set row weights: the plan is finished") == 0,
             "row weights are refused after the end of the recording");
    }
    mlp_plan_destroy(plan);
  };
  refused(target, row_weights, false, true, 4, nullptr);
  refused(target, row_weights, false, true, 0, "The gather needs a weight for each of 4 rows, found 0");
  refused(target, row_weights, false, true, 3, "The gather needs a weight for each of 4 rows, found 3");
  refused(target, row_weights, true, true, 4, "A data set needs labels or targets, found both");
  refused(target, row_weights, true, false, 4, "The loss needs 1 target values for each of 4 rows, found 0 in all");
  refused(others, row_weights, false, true, 4, "The loss needs the target that the gather writes, buffer 1, found 7");
  refused(target, others, false, true, 4, "The loss needs the row weights that the gather writes, buffer 2, found 7");
}

// Tests that a plan without a loss gathers no targets: their number could differ from that of inputs that are set later.
inline void test_targets_without_loss() {
  char error[512] = "";
  const int32_t size = sizeof error;
  for (const auto& [target, row_weights] : {std::pair(1, -1), {-1, 1}}) {
    int32_t status = 0;
    mlp_plan* plan = mlp_plan_create(0, 2, 0, &status, error, size);
    for (int index = 0; index < 2; index++) mlp_plan_add_buffer(plan, 0, 1, error, size);
    const float ones[2] = {1, 1};
    const uint32_t labels[2] = {};
    expect(mlp_plan_gather(plan, 0, target, row_weights, 1, error, size) == MLP_OK &&
               mlp_plan_set_inputs_f32(plan, ones, 2, 1, error, size) == MLP_OK &&
               mlp_plan_set_labels(plan, labels, 2, error, size) == MLP_OK &&
               mlp_plan_set_row_weights(plan, ones, 2, error, size) == MLP_OK,
           std::string("a gather is recorded: ") + error);
    expect(mlp_plan_finish(plan, error, size) == MLP_INVALID &&
               strcmp(error, format("A plan without a loss can gather neither targets nor row weights, found buffers %d and %d",
                                    target, row_weights).c_str()) == 0,
           std::string("targets without a loss are refused: ") + error);
    mlp_plan_destroy(plan);
  }
}

// Tests a number of threads that no library takes, and groups without what they need.
inline void test_misused_groups() {
  char error[512] = "";
  int32_t status = 0;
  const int32_t size = sizeof error;
  const auto refused = [&](int32_t status, const char* message) {
    expect(status == MLP_INVALID && strcmp(error, message) == 0,
           std::string("another message for a wrong group or number of threads: ") + error);
  };
  const auto exchange = [](int32_t, const void*, void*, uint64_t, double) -> int32_t { return MLP_RANK_LOST; };
  const mlp_transport good = {MLP_TRANSPORT_VERSION, 1, 2, exchange};
  const auto create = [&](const mlp_transport& transport, uint32_t slices) {
    expect(!mlp_group_create(&transport, slices, &status, error, size), "a wrong group is refused");
    return status;
  };
  expect(!mlp_group_create(nullptr, 8, &status, error, size), "a group without a transport is refused");
  refused(status, "The transport is null");
  refused(create({2, 1, 2, exchange}, 8), "The transport has version 2, this library needs 1");
  refused(create({1, 1, 2, nullptr}, 8), "The transport has no function to exchange bytes");
  for (const uint32_t slices : {0u, 3u, 16u}) {
    refused(create(good, slices), format("A group needs 1, 2, 4 or 8 slices of a batch, found %u", slices).c_str());
  }
  for (const int32_t processes : {-1, 0, 3, 16}) {
    refused(create({1, 0, processes, exchange}, 8),
            format("The number of processes needs to divide the 8 slices of a batch, found %d", processes).c_str());
  }
  refused(create(good, 1), "The number of processes needs to divide the 1 slices of a batch, found 2");
  for (const int32_t rank : {-1, 2}) {
    refused(create({1, rank, 2, exchange}, 8),
            format("The rank of one of 2 processes needs to be from 0 to 1, found %d", rank).c_str());
  }
  mlp_group_destroy(nullptr);

  mlp_plan* plan = mlp_plan_create(0, 4, MLP_PATH_AUTO, &status, error, size);
  refused(mlp_plan_set_group(plan, nullptr, error, size), "The group is null");
  expect(mlp_plan_set_threads(plan, 1025, error, size) == MLP_INVALID, "more threads than any library takes are refused");
  expect(mlp_plan_set_threads(plan, 0, error, size) == MLP_OK, "every library chooses the number of threads itself");
  const float one = 1;
  expect(mlp_plan_add_buffer(plan, 0, 1, error, size) == MLP_OK && mlp_plan_gather(plan, 0, -1, -1, 1, error, size) == MLP_OK &&
             mlp_plan_set_inputs_f32(plan, &one, 1, 1, error, size) == MLP_OK && mlp_plan_finish(plan, error, size) == MLP_OK,
         std::string("a gather is recorded: ") + error);
  refused(mlp_plan_set_threads(plan, 0, error, size), "Cannot set threads: the plan is finished");
  mlp_plan_destroy(plan);
}

inline void test_interface() {
  test_misuse();
  test_misused_operations();
  test_misused_losses();
  test_misused_sets();
  test_targets_without_loss();
  test_misused_groups();
}
