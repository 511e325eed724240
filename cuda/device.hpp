// The devices of this library, for shared/api.cpp: GPUs.
#pragma once

#include <cstdint>
#include <string>

#include "mlp.h"

// The name and facts of a device; see mlp_device_query() of mlp.h.
struct Device {
  std::string name;
  int64_t facts[MLP_FACTS];
};

// Returns MLP_KIND_CUDA or MLP_KIND_EMULATED.
uint32_t library_kind();
// Return versions of CUDA as 1000 major + 10 minor: the newest that the driver supports, or 0 without a driver; and the one
// that the library was built with.
int32_t driver_version();
int32_t runtime_version();

int32_t count_devices();
// Opens a device, and throws if it cannot be used.
Device query_device(int32_t device);

// Throws unless a plan can use this number of threads.
void check_threads(uint32_t threads);
