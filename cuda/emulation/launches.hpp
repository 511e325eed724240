// The launches of prims.cuh on the emulated device.
#pragma once

#include "emulation/runtime.hpp"

struct Grid {
  unsigned blocks;
  unsigned threads;
  size_t shared_bytes;
};

namespace emulate {

// Returns the most shared memory that a kernel is allowed to use, in bytes; the default limit is 48 KB.
// Sets it before, if `bytes` is not 0.
inline size_t allowed_shared_bytes(const void* kernel, size_t bytes = 0) {
  static auto* mutex = new std::mutex;
  static auto* all = new std::unordered_map<const void*, size_t>;
  std::lock_guard<std::mutex> lock(*mutex);
  size_t& allowed = all->try_emplace(kernel, 48 << 10).first->second;
  if (bytes > 0) allowed = bytes;
  return allowed;
}

inline cudaError_t check_launch(const Grid& grid, const void* kernel) {
  if (grid.blocks == 0 || grid.threads == 0 || grid.threads > 1024) return cudaErrorInvalidConfiguration;
  return grid.shared_bytes > allowed_shared_bytes(kernel) ? cudaErrorInvalidValue : cudaSuccess;
}

// Returns how many blocks fit on a multiprocessor, by their threads and shared memory. Registers are not counted.
inline int blocks_per_multiprocessor(size_t threads, size_t shared_bytes) {
  constexpr size_t THREADS = 2048, BLOCKS = 32, RESERVED = 1024;  // RESERVED: bytes that CUDA uses in each block
  const size_t by_memory = (shared_bytes_of_block() + RESERVED) / (shared_bytes + RESERVED);
  return static_cast<int>(std::min({THREADS / threads, by_memory, BLOCKS}));
}

}  // namespace emulate

template <class... Parameters, class... Arguments>
cudaError_t launch(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (grid.blocks == 0) return cudaSuccess;
  emulate::remember(emulate::check_launch(grid, reinterpret_cast<const void*>(kernel)));
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  emulate::add_to(stream, [=] {
    emulate::run(grid.blocks, grid.threads, grid.shared_bytes, false, [=] { kernel(arguments...); });
  });
  return cudaSuccess;
}

template <class Parameter>
cudaError_t launch_together(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameter), Parameter argument) {
  if (const size_t failure = emulate::setting("MLPCUDA_EMULATE_LAUNCH", 0)) {
    return emulate::remember(static_cast<cudaError_t>(failure));
  }
  emulate::launches_together++;
  const cudaError_t error = emulate::check_launch(grid, reinterpret_cast<const void*>(kernel));
  if (error != cudaSuccess) return emulate::remember(error);
  const int at_once = emulate::blocks_per_multiprocessor(grid.threads, grid.shared_bytes) * emulate::multiprocessors();
  if (static_cast<int>(grid.blocks) > at_once) return emulate::remember(cudaErrorCooperativeLaunchTooLarge);
  emulate::add_to(stream, [=] { emulate::run(grid.blocks, grid.threads, grid.shared_bytes, true, [=] { kernel(argument); }); });
  return cudaSuccess;
}

template <class... Parameters>
cudaError_t allow_shared_memory(void (*kernel)(Parameters...), size_t bytes) {
  if (bytes > emulate::shared_bytes_of_block()) return emulate::remember(cudaErrorInvalidValue);
  emulate::allowed_shared_bytes(reinterpret_cast<const void*>(kernel), bytes);
  return cudaSuccess;
}

template <class... Parameters>
cudaError_t find_code(void (*)(Parameters...)) {
  return emulate::remember(static_cast<cudaError_t>(emulate::setting("MLPCUDA_EMULATE_NO_CODE", 0)));
}

template <class... Parameters>
cudaError_t blocks_per_multiprocessor(int* blocks, void (*kernel)(Parameters...), int threads, size_t shared_bytes) {
  if (shared_bytes > emulate::allowed_shared_bytes(reinterpret_cast<const void*>(kernel))) return *blocks = 0, cudaSuccess;
  return *blocks = emulate::blocks_per_multiprocessor(threads, shared_bytes), cudaSuccess;
}
