// What the tests of this folder share: random matrices in memory of the device, comparison with doubles, a count of faults.
#pragma once

#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "../device_memory.hpp"
#include "../ops.cuh"

inline int faults = 0, checks = 0;

inline void expect(bool holds, const std::string& what) {
  checks++;
  if (holds) return;
  faults++;
  fprintf(stderr, "fault: %s\n", what.c_str());
}

inline std::mt19937& generator() {
  static std::mt19937 made(1);
  return made;
}

// Rows of a full batch, rows that the step has, inputs and outputs of a layer.
struct Size {
  int batch, rows, in, out;
};

inline std::string text(const char* what, const Size& size) {
  return std::string(what) + " of " + std::to_string(size.rows) + " rows of " + std::to_string(size.batch) + ", " +
         std::to_string(size.in) + " inputs, " + std::to_string(size.out) + " outputs";
}

// A matrix on the host and on the device.
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

// The largest difference must be within `tolerance` times the largest number.
inline void expect_near(const std::vector<float>& found, const std::vector<double>& wanted, double tolerance,
                        const std::string& what) {
  double most = 0, off = 0;
  for (size_t at = 0; at < wanted.size(); at++) {
    most = std::max(most, std::fabs(wanted[at]));
    const double difference = std::fabs(found[at] - wanted[at]);
    off = difference <= off ? off : difference;  // NaN is not within
  }
  expect(off <= tolerance * most + 1e-7, what + ": off by " + std::to_string(off));
}

// The activation of one sum; of softmax, the sum itself.
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

// Turns the gradient `d` of what activate_row() makes of the sums `z` into that of the sums, in place. Every activation's
// derivative is symmetric, so that it is the one in the direction of `d`, by differences: no formula of it is written here.
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

// A matrix of sums with what an activation makes of each row.
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
  // As a kernel is given it.
  const float* sums() const { return needs_z(activation) ? z.get() : nullptr; }
};

// The rows of a step, as the library sets them before an epoch.
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
