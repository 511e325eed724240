// A plan that trains a network of dense layers on random bytes, recorded as a caller of the library records it.
#pragma once

#include <cmath>
#include <random>

#include "../plan.hpp"

struct TrainingShape {
  std::vector<int> widths;  // inputs, then the outputs of each layer
  uint32_t batch, steps;    // steps: of an epoch
};

class TrainingPlan {
 public:
  // Records ReLU layers with a linear output, softmax cross-entropy and Adam.
  TrainingPlan(const TrainingShape& shape, int32_t path) : shape_(shape), plan_(0, shape.batch, path) {
    const int layers = static_cast<int>(shape.widths.size()) - 1, classes = shape.widths.back();
    const int32_t x = buffer(0, shape.widths[0]), target = buffer(0, 1);
    std::vector<Ids> ids;
    for (int l = 0; l < layers; l++) {
      const uint64_t in = shape.widths[l], out = shape.widths[l + 1];
      ids.push_back({buffer(out, in), buffer(1, out), buffer(0, out), buffer(0, out), buffer(out, in), buffer(1, out),
                     {buffer(out, in), buffer(out, in)}, {buffer(1, out), buffer(1, out)}});
      write_random_weights(ids.back().weights, in, out);
    }
    write_random_set(shape.widths[0], classes);
    const auto input = [&](int l) { return l == 0 ? x : ids[l - 1].y; };
    const auto activation = [&](int l) { return l == layers - 1 ? MLP_LINEAR : MLP_RELU; };
    plan_.add(GatherOp{x, target, -1, 1 / 255.0f});
    for (int l = 0; l < layers; l++) {
      plan_.add(LinearOp{input(l), ids[l].weights, ids[l].bias, ids[l].y, -1, activation(l)});
    }
    plan_.add(LossOp{MLP_SOFTMAX_CROSS_ENTROPY, ids.back().y, -1, target, true, -1, ids.back().dz, MLP_LINEAR, {0}});
    for (int l = layers - 1; l > 0; l--) {
      plan_.add(LinearBackwardInputOp{ids[l].dz, ids[l].weights, input(l), -1, ids[l - 1].dz, activation(l - 1), {}});
    }
    for (int l = layers - 1; l >= 0; l--) plan_.add(LinearBackwardWeightOp{input(l), ids[l].dz, ids[l].d_weights, ids[l].d_bias});
    const Settings adam = {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}};
    for (const Ids& l : ids) {
      plan_.add(UpdateOp{adam, l.weights, l.d_weights, l.weights_states});
      plan_.add(UpdateOp{adam, l.bias, l.d_bias, l.bias_states});
    }
    plan_.finish();
  }

  mlp_plan& plan() { return plan_; }
  // Runs an epoch, after which the order of its rows and the rates of its steps are on the device.
  void run_epoch() {
    std::vector<uint32_t> order(rows());
    for (uint32_t row = 0; row < rows(); row++) order[row] = row;
    std::shuffle(order.begin(), order.end(), random_);
    const std::vector<double> rates(shape_.steps, 1e-4);
    double results[MLP_RESULTS];
    plan_.run_epoch(++run_, order.data(), rows(), rates.data(), shape_.steps, 0, results);
    need(results[MLP_RESULT_STEPS] == shape_.steps, "an epoch has ended early");
  }
  uint32_t rows() const { return shape_.batch * shape_.steps; }

 private:
  struct Ids {
    int32_t weights, bias, y, dz, d_weights, d_bias;
    std::vector<int32_t> weights_states, bias_states;
  };

  int32_t buffer(uint64_t rows, uint64_t columns) {
    plan_.add_buffer(rows, columns);
    return next_++;
  }
  void write_random_weights(int32_t id, uint64_t in, uint64_t out) {
    std::uniform_real_distribution<float> draw(-1, 1);
    std::vector<float> values(in * out);
    for (float& value : values) value = draw(random_) * std::sqrt(6.0f / static_cast<float>(in));
    plan_.write_buffers(&id, 1, values.data(), values.size());
  }
  void write_random_set(int columns, int classes) {
    std::vector<uint8_t> inputs(static_cast<size_t>(rows()) * columns);
    std::vector<uint32_t> labels(rows());
    for (uint8_t& value : inputs) value = static_cast<uint8_t>(random_());
    for (uint32_t& label : labels) label = random_() % classes;
    plan_.set_inputs(inputs.data(), nullptr, inputs.size(), columns);
    plan_.set_labels(labels.data(), labels.size());
  }

  const TrainingShape shape_;
  std::mt19937 random_{1};
  int32_t next_ = 0;
  uint32_t run_ = 0;
  mlp_plan plan_;
};
