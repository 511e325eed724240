// Recorded operations, computed in float64 by plain loops over row-major arrays: what every plan is compared with.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "mlp.h"
#include "shared/network.hpp"

// A data set; `inputs` are as they are set, without the scale.
struct ReferenceSet {
  std::vector<double> inputs;
  std::vector<uint32_t> labels;
  std::vector<float> targets, row_weights;
};

class Reference {
 public:
  std::vector<BufferShape> shapes;
  std::vector<Op> ops;
  std::vector<std::vector<double>> buffers;  // of the batch: for the rows of the last step
  ReferenceSet set;
  double loss_sum = 0;  // of the last step
  int correct = 0;

  // Computes operations `first` to `last` - 1 for a batch of rows of the data set; `number` counts steps from 1.
  void run(size_t first, size_t last, const std::vector<uint32_t>& rows, uint64_t number, double rate) {
    rows_ = rows;
    number_ = number;
    rate_ = rate;
    buffers.resize(shapes.size());
    for (size_t id = 0; id < shapes.size(); id++) {
      buffers[id].resize((shapes[id].rows == 0 ? rows.size() : shapes[id].rows) * shapes[id].columns);
    }
    for (size_t at = first; at < last; at++) std::visit([&](const auto& op) { compute(op); }, ops[at]);
  }

 private:
  std::vector<uint32_t> rows_;
  uint64_t number_ = 0;
  double rate_ = 0;

  std::vector<double>& at(int32_t id) { return buffers[static_cast<size_t>(id)]; }
  size_t columns(int32_t id) const { return shapes[static_cast<size_t>(id)].columns; }

  static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
  static double normal(double z) { return 0.5 * std::erfc(-z * std::sqrt(0.5)); }
  static double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))); }

  static double activate(double z, Activation activation) {
    switch (activation) {
      case MLP_LINEAR: case MLP_SOFTMAX: return z;
      case MLP_RELU: return z < 0 ? 0 : z;
      case MLP_SIGMOID: return sigmoid(z);
      case MLP_TANH: return std::tanh(z);
      case MLP_SILU: return z * sigmoid(z);
      case MLP_MISH: return z * std::tanh(softplus(z));
      case MLP_LEAKY_RELU: return z < 0 ? 0.01 * z : z;
      case MLP_ELU: return z < 0 ? std::expm1(z) : z;
      case MLP_GELU: return z * normal(z);
    }
    return 0;
  }

  static double derivative(double y, double z, Activation activation) {
    switch (activation) {
      case MLP_LINEAR: case MLP_SOFTMAX: return 1;
      case MLP_RELU: return y <= 0 ? 0 : 1;
      case MLP_SIGMOID: return y * (1 - y);
      case MLP_TANH: return 1 - y * y;
      case MLP_SILU: return sigmoid(z) * (1 + z * (1 - sigmoid(z)));
      case MLP_MISH: {
        const double t = std::tanh(softplus(z));
        return t + z * sigmoid(z) * (1 - t * t);
      }
      case MLP_LEAKY_RELU: return y <= 0 ? 0.01 : 1;
      case MLP_ELU: return y <= 0 ? y + 1 : 1;
      case MLP_GELU: return normal(z) + z * std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
    }
    return 0;
  }

  static void softmax(double* row, size_t width) {
    const double largest = *std::max_element(row, row + width);
    double sum = 0;
    for (size_t c = 0; c < width; c++) sum += row[c] = std::exp(row[c] - largest);
    for (size_t c = 0; c < width; c++) row[c] /= sum;
  }

  // Turns the gradients `d` of a row of outputs into those of its sums.
  static void to_sums(const double* y, const double* z, double* d, size_t width, Activation activation) {
    double dot = 0;
    for (size_t c = 0; c < width; c++) dot += y[c] * d[c];
    for (size_t c = 0; c < width; c++) {
      d[c] = activation == MLP_SOFTMAX ? y[c] * (d[c] - dot) : d[c] * derivative(y[c], z ? z[c] : 0, activation);
    }
  }

  double masked(const DropoutSettings& dropout, size_t row, size_t column, double value) const {
    const DropoutMask mask = mask_of(dropout);
    const bool kept = mask.apply(mask.key(static_cast<uint32_t>(number_), static_cast<int>(row)), static_cast<int>(column), 1) != 0;
    return kept ? value / (1 - dropout.rate) : 0;
  }

  void compute(const GatherOp& op) {
    const size_t width = columns(op.x);
    for (size_t b = 0; b < rows_.size(); b++) {
      for (size_t c = 0; c < width; c++) at(op.x)[b * width + c] = op.scale * set.inputs[rows_[b] * width + c];
    }
  }

  void compute(const DropoutOp& op) {
    const size_t width = columns(op.x);
    for (size_t b = 0; b < rows_.size(); b++) {
      for (size_t c = 0; c < width; c++) at(op.y)[b * width + c] = masked(op.dropout, b, c, at(op.x)[b * width + c]);
    }
  }

  void compute(const LinearOp& op) {
    const size_t inputs = columns(op.x), outputs = columns(op.y);
    const auto &x = at(op.x), &weights = at(op.weights), &bias = at(op.bias);
    for (size_t b = 0; b < rows_.size(); b++) {
      double* const y = at(op.y).data() + b * outputs;
      for (size_t o = 0; o < outputs; o++) {
        double z = bias[o];
        for (size_t i = 0; i < inputs; i++) z += x[b * inputs + i] * weights[o * inputs + i];
        if (op.z >= 0) at(op.z)[b * outputs + o] = z;
        y[o] = activate(z, op.activation);
      }
      if (op.activation == MLP_SOFTMAX) softmax(y, outputs);
    }
  }

  void compute(const LossOp& op) {
    loss_sum = 0;
    correct = 0;
    for (size_t b = 0; b < rows_.size(); b++) compute_row(op, b);
  }

  void compute_row(const LossOp& op, size_t b) {
    const size_t width = columns(op.y), source = rows_[b];
    const double count = static_cast<double>(width), setting = op.settings.empty() ? 0 : op.settings[0];
    const double weight = op.row_weights >= 0 ? static_cast<double>(set.row_weights[source]) : 1;
    const double slope = weight / static_cast<double>(rows_.size());
    const double* const y = at(op.y).data() + b * width;
    double* const d = at(op.dz).data() + b * width;
    std::vector<double> target(width);
    for (size_t c = 0; c < width; c++) {
      if (!op.labels) target[c] = static_cast<double>(set.targets[source * width + c]);
      else target[c] = set.labels[source] >= width ? 1 / count : set.labels[source] == c;
    }
    bool all = true;
    double loss = 0;
    switch (op.kind) {
      case MLP_SOFTMAX_CROSS_ENTROPY: {
        std::vector<double> p(y, y + width);
        softmax(p.data(), width);
        const double largest = *std::max_element(y, y + width);
        double sum = 0;
        for (size_t c = 0; c < width; c++) sum += std::exp(y[c] - largest);
        for (size_t c = 0; c < width; c++) {
          const double wanted = (1 - setting) * target[c] + setting / count;
          loss += wanted * (std::log(sum) + largest - y[c]);
          d[c] = (p[c] - wanted) * slope;
        }
        break;
      }
      case MLP_BINARY_CROSS_ENTROPY:
        for (size_t c = 0; c < width; c++) {
          loss += (softplus(y[c]) - y[c] * target[c]) / count;
          d[c] = (sigmoid(y[c]) - target[c]) * slope / count;
          all = all && (y[c] > 0) == (target[c] > 0.5);
        }
        break;
      case MLP_MEAN_SQUARED_ERROR:
        for (size_t c = 0; c < width; c++) {
          const double difference = y[c] - target[c];
          loss += difference * difference / count;
          d[c] = 2 * difference * slope / count;
        }
        break;
      case MLP_HUBER:
        for (size_t c = 0; c < width; c++) {
          const double difference = y[c] - target[c], distance = std::fabs(difference);
          loss += (distance <= setting ? distance * distance / 2 : setting * (distance - setting / 2)) / count;
          d[c] = std::max(-setting, std::min(setting, difference)) * slope / count;
        }
        break;
    }
    if (op.activation != MLP_LINEAR) to_sums(y, op.z < 0 ? nullptr : at(op.z).data() + b * width, d, width, op.activation);
    loss_sum += loss;
    if (op.labels) correct += static_cast<size_t>(std::max_element(y, y + width) - y) == set.labels[source];
    else if (op.kind == MLP_BINARY_CROSS_ENTROPY) correct += all;
    else if (op.kind == MLP_SOFTMAX_CROSS_ENTROPY) {
      const float* const given = set.targets.data() + source * width;
      correct += std::max_element(y, y + width) - y == std::max_element(given, given + width) - given;
    }
  }

  void compute(const LinearBackwardInputOp& op) {
    const size_t inputs = columns(op.dx), outputs = columns(op.dz);
    for (size_t b = 0; b < rows_.size(); b++) {
      double* const d = at(op.dx).data() + b * inputs;
      for (size_t i = 0; i < inputs; i++) {
        d[i] = 0;
        for (size_t o = 0; o < outputs; o++) d[i] += at(op.dz)[b * outputs + o] * at(op.weights)[o * inputs + i];
        if (op.dropout.rate > 0) d[i] = masked(op.dropout, b, i, d[i]);
      }
      to_sums(at(op.x).data() + b * inputs, op.z < 0 ? nullptr : at(op.z).data() + b * inputs, d, inputs, op.activation);
    }
  }

  void compute(const LinearBackwardWeightOp& op) {
    const size_t inputs = columns(op.x), outputs = columns(op.dz);
    for (size_t o = 0; o < outputs; o++) {
      at(op.d_bias)[o] = 0;
      for (size_t b = 0; b < rows_.size(); b++) at(op.d_bias)[o] += at(op.dz)[b * outputs + o];
      for (size_t i = 0; i < inputs; i++) {
        double sum = 0;
        for (size_t b = 0; b < rows_.size(); b++) sum += at(op.dz)[b * outputs + o] * at(op.x)[b * inputs + i];
        at(op.d_weights)[o * inputs + i] = sum;
      }
    }
  }

  void compute(const ClipByNormOp& op) {
    double sum = 0;
    for (const int32_t id : op.gradients) {
      for (const double g : at(id)) sum += g * g;
    }
    const double factor = std::min(1.0, op.max_norm / (std::sqrt(sum) + 1e-6));
    for (const int32_t id : op.gradients) {
      for (double& g : at(id)) g *= factor;
    }
  }

  void compute(const UpdateOp& op) {
    const std::vector<double>& settings = op.settings.second;
    const double t = static_cast<double>(number_);
    for (size_t n = 0; n < at(op.parameter).size(); n++) {
      double &p = at(op.parameter)[n], g = at(op.gradient)[n];
      const auto state = [&](size_t index) -> double& { return at(op.states[index])[n]; };
      switch (op.settings.first) {
        case MLP_SGD: {
          g += settings[2] * p;
          if (!op.states.empty()) {
            state(0) = settings[0] * state(0) + g;
            g = settings[1] != 0 ? g + settings[0] * state(0) : state(0);
          }
          p -= rate_ * g;
          break;
        }
        case MLP_ADAM: {
          const bool decoupled = settings[4] != 0;
          if (!decoupled) g += settings[3] * p;
          state(0) = settings[0] * state(0) + (1 - settings[0]) * g;
          state(1) = settings[1] * state(1) + (1 - settings[1]) * g * g;
          if (decoupled) p -= rate_ * settings[3] * p;
          const double m = state(0) / (1 - std::pow(settings[0], t)), v = state(1) / (1 - std::pow(settings[1], t));
          p -= rate_ * m / (std::sqrt(v) + settings[2]);
          break;
        }
        case MLP_RMSPROP:
          g += settings[2] * p;
          state(0) = settings[0] * state(0) + (1 - settings[0]) * g * g;
          p -= rate_ * g / (std::sqrt(state(0)) + settings[1]);
          break;
        case MLP_LION: {
          const double mean = settings[0] * state(0) + (1 - settings[0]) * g;
          p -= rate_ * settings[2] * p + rate_ * (mean > 0 ? 1 : mean < 0 ? -1 : 0);
          state(0) = settings[1] * state(0) + (1 - settings[1]) * g;
          break;
        }
      }
    }
  }

  void compute(const AverageOp& op) {
    for (size_t n = 0; n < at(op.average).size(); n++) {
      at(op.average)[n] = op.decay * at(op.average)[n] + (1 - op.decay) * at(op.parameter)[n];
    }
  }
};
