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

inline double activate_in_double(double z, Activation activation) {
  switch (activation) {
    case Activation::relu: return z < 0 ? 0 : z;
    case Activation::sigmoid: return 1 / (1 + std::exp(-z));
    case Activation::tanh: return std::tanh(z);
    default: return z;
  }
}

// The rows of a step, as the library sets them before an epoch.
struct Step {
  DeviceMemory<Progress> progress{1};
  DeviceMemory<uint32_t> stop{1};
  Site site;

  Step(uint32_t batch_size, uint32_t rows, int multiprocessors) : site{nullptr, progress.get(), batch_size, multiprocessors} {
    Progress start{};
    start.run = 1;
    start.steps = 1;
    start.count = rows;
    progress.write(&start, 1, nullptr);
    stop.fill_with_zeros(nullptr);
  }
  Progress read() const {
    Progress now;
    progress.read(&now, 1, nullptr);
    return now;
  }
};
