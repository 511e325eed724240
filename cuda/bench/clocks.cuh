// The clocks of a GPU, and loads past the L1, with their CPU twins; the library itself needs neither.
#pragma once

#include "../prims.cuh"

#ifdef __CUDACC__

// Loads a number or vector from the L2, past the L1.
template <class T>
__device__ __forceinline__ T load_from_l2(const T* from) {
  return __ldcg(from);
}

// Read the clock of the multiprocessor, in cycles, and that of the GPU, in nanoseconds. The second advances in ticks, which
// constants.cu measures. Loads and stores stay on their side of a reading.
__device__ __forceinline__ uint64_t read_cycles() {
  uint64_t cycles;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles)::"memory");
  return cycles;
}
__device__ __forceinline__ uint64_t read_nanoseconds() {
  uint64_t nanoseconds;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds)::"memory");
  return nanoseconds;
}

#else

template <class T>
T load_from_l2(const T* from) {
  return *from;
}

// A nanosecond is a cycle of the emulated device.
inline uint64_t read_cycles() { return emulate::read_time(); }
inline uint64_t read_nanoseconds() { return emulate::read_time(); }

#endif
