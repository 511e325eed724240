// Every intrinsic that the kernels use, and how they are launched. `emulate.hpp` has the CPU twin of each, so that the
// same .cu files compile with nvcc for a GPU and with a C++ compiler for tests.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__

#include <cuda_runtime.h>

#define UNROLL _Pragma("unroll")

// The block's dynamic shared memory. Kernels use no other, so that each block of an emulated launch has its own.
template <class T>
__device__ __forceinline__ T* shared_memory() {
  extern __shared__ __align__(16) char bytes[];
  return reinterpret_cast<T*>(bytes);
}

// Adds to a counter that other blocks wait for. Everything that the calling thread saw happen before, by itself or
// through __syncthreads(), is visible to whoever reads the sum with load_acquire().
__device__ __forceinline__ void add_release(uint32_t* counter, uint32_t value) {
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(counter), "r"(value) : "memory");
}

__device__ __forceinline__ uint32_t load_acquire(const uint32_t* counter) {
  uint32_t value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(counter) : "memory");
  return value;
}

// Both at once: adds to a counter and returns what it was. Whoever comes later sees what all who came before saw happen.
__device__ __forceinline__ uint32_t add_acquire_release(uint32_t* counter, uint32_t value) {
  uint32_t before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(counter), "r"(value) : "memory");
  return before;
}

// A load and a store that go to the L2, where the host's copies and other blocks see them. They order nothing.
__device__ __forceinline__ uint32_t load_shared_word(const uint32_t* word) {
  return *reinterpret_cast<const volatile uint32_t*>(word);
}
__device__ __forceinline__ void store_shared_word(uint32_t* word, uint32_t value) {
  *reinterpret_cast<volatile uint32_t*>(word) = value;
}

// Numbers that another block of the same launch wrote: read from the L2, never from this multiprocessor's L1.
__device__ __forceinline__ float load_exchanged(const float* address) { return __ldcg(address); }
__device__ __forceinline__ uint32_t load_exchanged(const uint32_t* address) { return __ldcg(address); }

// What a waiting thread does between two looks.
__device__ __forceinline__ void pause() {}

// The emulation leaves a call out to see whether the tests notice; on a GPU there is nothing of it.
#define ALSO_CALLED_FROM
#define IS_LEFT_OUT false

// How a kernel is launched.
struct Grid {
  unsigned blocks;
  unsigned threads;
  size_t shared_bytes;
};

template <class... Parameters, class... Arguments>
cudaError_t launch(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (grid.blocks == 0) return cudaSuccess;
  kernel<<<grid.blocks, grid.threads, grid.shared_bytes, stream>>>(arguments...);
  return cudaGetLastError();
}

// Launches a kernel all of whose blocks are on the chip at once, or fails.
template <class Parameter>
cudaError_t launch_together(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameter), Parameter argument) {
  void* arguments[] = {&argument};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(kernel), grid.blocks, grid.threads, arguments,
                                     grid.shared_bytes, stream);
}

// Lets a kernel use more shared memory than the 48 KB that every kernel may.
template <class... Parameters>
cudaError_t allow_shared_memory(void (*kernel)(Parameters...), size_t bytes) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes));
}

// Whether the calling thread's device has code of a kernel: its own, or PTX that the driver translates.
template <class... Parameters>
cudaError_t find_code(void (*kernel)(Parameters...)) {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(kernel));
}

// How many blocks of a kernel fit on one multiprocessor.
template <class... Parameters>
cudaError_t blocks_per_multiprocessor(int* blocks, void (*kernel)(Parameters...), int threads, size_t shared_bytes) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reinterpret_cast<const void*>(kernel), threads,
                                                       shared_bytes);
}

#else

#include "emulate.hpp"
#define UNROLL

#endif

constexpr unsigned WARP = 32;

// The sum of a value over the lanes of a warp, in the same order in every lane.
__device__ __forceinline__ float warp_sum(float value) {
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0u, value, step);
  return value;
}

__device__ __forceinline__ float warp_max(float value) {
  for (int step = WARP / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(~0u, value, step));
  return value;
}

// The sum over groups of `lanes` neighboring lanes; `lanes` is a power of two.
__device__ __forceinline__ float group_sum(float value, int lanes) {
  for (int step = lanes / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0u, value, step);
  return value;
}

__host__ __device__ constexpr int divide_up(int value, int by) { return (value + by - 1) / by; }
