// How a network is laid out for the persistent kernel, with the memory that its blocks exchange numbers through.
#pragma once

#include <string>
#include <vector>

#include "device_memory.hpp"
#include "persistent.cuh"

struct PersistentLayout {
  Persistent kernel{};
  int blocks = 0;
  std::vector<DeviceMemory<float>> parts;
  DeviceMemory<StationaryLayer> layers;
  DeviceMemory<TailUpdate> updates;
  DeviceMemory<uint32_t> words;  // the counters, then the word that ends the epoch
  DeviceMemory<double> losses;
  DeviceMemory<uint32_t> rights;
};
