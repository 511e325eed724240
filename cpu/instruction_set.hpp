// The instruction sets (`enum mlp_instruction_set` of mlp.h) and this processor.
#pragma once

#include <cstdint>
#include <string>

#include "kernels.hpp"

// Returns whether this library has kernels for a set and this processor can run them. MLP_BEST is usable if any is.
bool is_usable(int32_t instruction_set);

// Returns the kernels of a set; of the best usable one for MLP_BEST. Throws a Fault if it is not usable.
const Kernels& kernels_of(int32_t instruction_set);

// Returns the name of a set for people, such as "AVX-512"; for MLP_BEST, that of the best usable one. Throws if there is no
// such number, or no usable set.
const char* name_of(int32_t instruction_set);

// Returns the name of the processor, as the system gives it.
std::string processor_name();

// Returns how many processors this process can keep busy: those that it may run on, but at most the quota of its group, if the
// system limits it (Linux: cgroup). At least 1.
int processor_count();
