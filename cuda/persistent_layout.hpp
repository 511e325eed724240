// The arguments of the persistent kernel for a network, with the device memory that they point to.
#pragma once

#include <string>
#include <vector>

#include "device_memory.hpp"
#include "persistent.cuh"

struct PersistentLayout {
  Persistent kernel{};
  int blocks = 0;
  std::vector<DeviceMemory<float>> parts;  // partial sums
  DeviceMemory<uint32_t> words;  // the counters, then `ended`
  DeviceMemory<Scores> scores;
};
