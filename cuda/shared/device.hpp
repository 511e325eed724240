// The devices of a library, for api.cpp: GPUs in cuda/device.cpp, instruction sets of the processor in cpu/device.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "mlp.h"

// The name and facts of a device; see mlp_device_query() of mlp.h.
struct Device {
  std::string name;
  int64_t facts[MLP_FACTS];
};

// See mlp_kind(), mlp_driver_version() and mlp_runtime_version() of mlp.h.
uint32_t library_kind();
int32_t driver_version();
int32_t runtime_version();

int32_t count_devices();
// Opens a device, and throws if it cannot be used.
Device query_device(int32_t device);

// Throws unless a plan can use this number of threads.
void check_threads(uint32_t threads);
