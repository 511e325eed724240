// Code that the tests of this folder share: random matrices in device memory, and comparison with doubles.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "../device_memory.hpp"
#include "../ops.cuh"
#include "../shared/tests/expect.hpp"

inline std::mt19937& generator() {
  static std::mt19937 generator(1);
  return generator;
}

// The size of a test: rows of a full batch, rows of the step, inputs and outputs of the layer.
struct Size {
  int batch, rows, in, out;
};

inline std::string text(const char* name, const Size& size) {
  return std::string(name) + " of " + std::to_string(size.rows) + " rows of " + std::to_string(size.batch) + ", " +
         std::to_string(size.in) + " inputs, " + std::to_string(size.out) + " outputs";
}

// A matrix of normally distributed numbers, on the host and on the device.
struct Matrix {
  std::vector<float> values;
  DeviceMemory<float> memory;

  explicit Matrix(size_t count, float scale = 1) : values(count), memory(count) {
    std::normal_distribution<float> draw(0, scale);
    for (float& value : values) value = draw(generator());
    memory.write(values.data(), count, nullptr);
  }
  float* get() const { return memory.get(); }
  std::vector<float> read() const {
    std::vector<float> copy(values.size());
    memory.read(copy.data(), copy.size(), nullptr);
    return copy;
  }
};

// A data set of random bytes with 5 rows more than a step, and the rows of the step in a mixed order.
struct ByteSet {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> order;
  DeviceMemory<uint8_t> memory;
  DeviceMemory<uint32_t> order_memory;
  int in_features;

  explicit ByteSet(const Size& size)
      : bytes((size.rows + 5) * size.in), order(size.rows), memory(bytes.size()), order_memory(order.size()),
        in_features(size.in) {
    for (auto& byte : bytes) byte = generator()();
    for (int row = 0; row < size.rows; row++) order[row] = (row * 7 + 3) % (size.rows + 5);
    memory.write(bytes.data(), bytes.size(), nullptr);
    order_memory.write(order.data(), order.size(), nullptr);
  }
  InputSource source() const { return {memory.get(), order_memory.get(), in_features, 1 / 255.0f, true, true}; }
  double input(int row, int column) const { return bytes[order[row] * in_features + column] / 255.0; }
};

// Checks that the largest difference is at most `tolerance` times the largest expected number.
inline void expect_near(const std::vector<float>& found, const std::vector<double>& wanted, double tolerance,
                        const std::string& check) {
  double largest = 0, off = 0;
  for (size_t at = 0; at < wanted.size(); at++) {
    largest = std::max(largest, std::fabs(wanted[at]));
    const double difference = std::fabs(found[at] - wanted[at]);
    off = difference <= off ? off : difference;  // keeps a NaN, which fails the check below
  }
  expect(off <= tolerance * largest + 1e-7, check + ": off by " + std::to_string(off));
}

// Returns the activation of one sum; for softmax, the sum itself.
inline double activate_in_double(double z, Activation activation) {
  switch (activation) {
    case MLP_LINEAR: return z;
    case MLP_RELU: return z < 0 ? 0 : z;
    case MLP_SIGMOID: return 1 / (1 + std::exp(-z));
    case MLP_TANH: return std::tanh(z);
    case MLP_SOFTMAX: return z;
    case MLP_SILU: return z / (1 + std::exp(-z));
    case MLP_MISH: return z * std::tanh(std::log1p(std::exp(z)));
    case MLP_LEAKY_RELU: return z > 0 ? z : 0.01 * z;
    case MLP_ELU: return z > 0 ? z : std::expm1(z);
    case MLP_GELU: return z * std::erfc(-z / std::sqrt(2.0)) / 2;
  }
  __builtin_unreachable();
}

// Applies an activation to a row of sums, in place.
inline void activate_row(double* row, int width, Activation activation) {
  double largest = -INFINITY, sum = 0;
  for (int o = 0; o < width; o++) largest = std::max(largest, row[o] = activate_in_double(row[o], activation));
  if (activation != MLP_SOFTMAX) return;
  for (int o = 0; o < width; o++) sum += row[o] = std::exp(row[o] - largest);
  for (int o = 0; o < width; o++) row[o] /= sum;
}

// Replaces the gradient `d` of the outputs of activate_row() by that of its sums `z`. It is computed from differences, without
// a formula of the derivative: the Jacobian J of every activation is symmetric, so that Jᵀ d is the derivative of the outputs
// in the direction of `d`.
inline void activate_row_backward(const float* z, double* d, int width, Activation activation) {
  double largest = 1e-300;
  for (int o = 0; o < width; o++) largest = std::max(largest, std::fabs(d[o]));
  const double step = 1e-7 / largest;
  std::vector<double> above(width), below(width);
  for (int o = 0; o < width; o++) above[o] = z[o] + step * d[o], below[o] = z[o] - step * d[o];
  activate_row(above.data(), width, activation);
  activate_row(below.data(), width, activation);
  for (int o = 0; o < width; o++) d[o] = (above[o] - below[o]) / (2 * step);
}

// A matrix of sums, with the activation of each row.
struct Activated {
  Activation activation;
  Matrix z, y;

  Activated(int rows, int width, Activation activation, float scale = 1)
      : activation(activation), z(rows * width, scale), y(rows * width) {
    for (int row = 0; row < rows; row++) {
      std::vector<double> values(&z.values[row * width], &z.values[row * width] + width);
      activate_row(values.data(), width, activation);
      std::copy(values.begin(), values.end(), &y.values[row * width]);
    }
    y.memory.write(y.values.data(), y.values.size(), nullptr);
  }
  // Returns the sums as a kernel needs them: null if the derivative does not need them.
  const float* sums() const { return needs_z(activation) ? z.get() : nullptr; }
};

// The progress of an epoch of one step, as the library writes it before an epoch.
struct Step {
  DeviceMemory<Progress> progress{1};
  DeviceMemory<uint32_t> stop{1};
  Site site;

  Step(uint32_t batch_size, uint32_t rows, int multiprocessors, uint32_t steps_before = 0)
      : site{nullptr, progress.get(), batch_size, multiprocessors} {
    Progress start{};
    start.run = 1;
    start.steps = 1;
    start.count = rows;
    start.steps_before = steps_before;
    progress.write(&start, 1, nullptr);
    stop.fill_with_zeros(nullptr);
  }
  Progress read() const {
    Progress now;
    progress.read(&now, 1, nullptr);
    return now;
  }
};
