// Errors of CUDA as faults.
#pragma once

#include "prims.cuh"
#include "shared/fault.hpp"

// Returns the status and the message for an error of CUDA.
Fault fault_of(cudaError_t error);

// Throws if a call of the runtime failed. Clears the error first, because the runtime would report it again after the next
// launch.
inline void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw fault_of(error);
}
