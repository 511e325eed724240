// The inputs of a data set that several plans on one GPU read at the same time. They stay as long as a plan or the caller of the
// library has them.
#pragma once

#include <cstdint>
#include <memory>

#include "device_memory.hpp"

struct SharedRows {
  // Copies inputs (N, columns), `count` numbers, to the GPU: bytes or floats; the other address is null.
  SharedRows(int32_t device, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);
  SharedRows(const SharedRows&) = delete;
  ~SharedRows();

  const int32_t device;
  const uint64_t rows, columns;
  const bool are_bytes;
  DeviceMemory<uint8_t> bytes;  // one of these two has the inputs
  DeviceMemory<float> floats;
};

// The caller's hold on shared rows; each plan has one of its own.
struct mlp_rows {
  mlp_rows(int32_t device, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns)
      : shared(std::make_shared<SharedRows>(device, bytes, floats, count, columns)) {}
  const std::shared_ptr<const SharedRows> shared;
};
