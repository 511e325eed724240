// Every intrinsic that the kernels use, and the functions that launch them. `emulate.hpp` has the CPU twin of each, so that
// the same .cu files compile with nvcc for a GPU and with a C++ compiler for tests.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__

#include <cuda_runtime.h>

#define UNROLL _Pragma("unroll")

// Returns the block's dynamic shared memory. Kernels use no static shared memory, which emulated blocks would share.
template <class T>
__device__ __forceinline__ T* shared_memory() {
  extern __shared__ __align__(16) char bytes[];
  return reinterpret_cast<T*>(bytes);
}

// Adds to a counter that other blocks wait for. All writes of the calling thread before this call, and those that a
// __syncthreads() has made visible to it, are visible to a thread that reads the new value with load_acquire().
__device__ __forceinline__ void add_release(uint32_t* counter, uint32_t value) {
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(counter), "r"(value) : "memory");
}

// Reads a counter that other blocks add to with add_release().
__device__ __forceinline__ uint32_t load_acquire(const uint32_t* counter) {
  uint32_t value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(counter) : "memory");
  return value;
}

// Adds to a counter, with release and acquire in one operation, and returns the old value. The calling thread then sees all
// writes that came before the earlier calls on this counter.
__device__ __forceinline__ uint32_t add_acquire_release(uint32_t* counter, uint32_t value) {
  uint32_t before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(counter), "r"(value) : "memory");
  return before;
}

// A load and a store of a word that the host copies, or that other blocks use, while the kernel runs. They go to the L2 and
// do not order other accesses.
__device__ __forceinline__ uint32_t load_shared_word(const uint32_t* word) {
  return *reinterpret_cast<const volatile uint32_t*>(word);
}
__device__ __forceinline__ void store_shared_word(uint32_t* word, uint32_t value) {
  *reinterpret_cast<volatile uint32_t*>(word) = value;
}

// Called by a waiting thread between two loads of a counter; only the emulation needs it.
__device__ __forceinline__ void pause() {}

// The emulation can leave out one call, to check that the tests detect it. On a GPU these macros do nothing.
#define ALSO_CALLED_FROM
#define IS_LEFT_OUT false

// The size of a launch.
struct Grid {
  unsigned blocks;
  unsigned threads;     // of a block
  size_t shared_bytes;  // of a block
};

template <class... Parameters, class... Arguments>
cudaError_t launch(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (grid.blocks == 0) return cudaSuccess;
  kernel<<<grid.blocks, grid.threads, grid.shared_bytes, stream>>>(arguments...);
  return cudaGetLastError();
}

// Launches a kernel with all blocks resident on the GPU at once (a cooperative launch), or fails.
template <class Parameter>
cudaError_t launch_together(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameter), Parameter argument) {
  void* arguments[] = {&argument};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(kernel), grid.blocks, grid.threads, arguments,
                                     grid.shared_bytes, stream);
}

// Allows a kernel to use more shared memory than the default limit of 48 KB.
template <class... Parameters>
cudaError_t allow_shared_memory(void (*kernel)(Parameters...), size_t bytes) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes));
}

// Returns cudaSuccess if the library has code of a kernel for the calling thread's device: machine code, or PTX that the
// driver compiles.
template <class... Parameters>
cudaError_t find_code(void (*kernel)(Parameters...)) {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(kernel));
}

// Writes how many blocks of a kernel fit on one multiprocessor.
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

// Returns the sum of a value over the lanes of a warp, added in the same order in every lane.
__device__ __forceinline__ float warp_sum(float value) {
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0u, value, step);
  return value;
}

__device__ __forceinline__ float warp_max(float value) {
  for (int step = WARP / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(~0u, value, step));
  return value;
}

// Returns the sum over groups of `lanes` neighboring lanes; `lanes` is a power of two.
__device__ __forceinline__ float group_sum(float value, int lanes) {
  for (int step = lanes / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0u, value, step);
  return value;
}

__host__ __device__ constexpr int divide_up(int value, int by) { return (value + by - 1) / by; }
