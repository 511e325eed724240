// The devices of this library, for shared/api.cpp: the instruction sets of this processor.
#pragma once

#include <cstdint>
#include <string>

#include "mlp.h"

// The name and facts of a device; see mlp_device_query() of mlp.h.
struct Device {
  std::string name;
  int64_t facts[MLP_FACTS];
};

// Returns MLP_KIND_CPU.
uint32_t library_kind();
// Return 0: a processor has no driver.
int32_t driver_version();
int32_t runtime_version();

int32_t count_devices();
// Returns the name and facts of an instruction set, and throws if this processor or this library lacks it.
Device query_device(int32_t instruction_set);

// Throws unless a plan can use this number of threads.
void check_threads(uint32_t threads);
