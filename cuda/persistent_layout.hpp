// How a network is laid out for the persistent kernel, with the memory that its blocks exchange numbers through.
#pragma once

#include <string>
#include <vector>

#include "device_memory.hpp"
#include "persistent.cuh"

// What the planner knows of a large layer.
struct StationarySize {
  int in_features, out_features;
};

// How it cuts it.
struct TileSizes {
  int tile_in, tile_out, tiles_in, tiles_out;
};

// Cuts a layer into at most `blocks` tiles.
TileSizes choose_tiles(const StationarySize& layer, int blocks);

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
