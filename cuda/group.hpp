// Groups of processes, for shared/api.cpp: this library has none.
#pragma once

#include "shared/fault.hpp"

struct mlp_group {
  mlp_group(const mlp_transport&, uint32_t) {
    throw Fault{MLP_INVALID, "Training over several processes needs the library for processors, this is the one for GPUs"};
  }
};
