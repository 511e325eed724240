// The part of CUDA's host runtime that this library calls, for the emulated device: device memory is host memory, a graph is the
// list of captured launches, and work is done when something waits for it (streams.hpp).
//
// Environment variables set the size of the device: MLPCUDA_EMULATE_MEMORY (bytes, 4 GiB by default), MLPCUDA_EMULATE_SHARED
// (bytes of a block, 227 KB by default), MLPCUDA_EMULATE_MULTIPROCESSORS (7 by default, so that some have no tile). Others set
// its errors: MLPCUDA_EMULATE_DRIVER (the CUDA version that the driver supports, such as 12040; 0 for no
// driver), MLPCUDA_EMULATE_ERROR (the number of the CUDA error that every call that waits for the device returns),
// MLPCUDA_EMULATE_LAUNCH (the number of the CUDA error that every cooperative launch returns, such as 720),
// MLPCUDA_EMULATE_TIME_LIMIT (1 if the system limits the time of a kernel; no kernel is ended),
// MLPCUDA_EMULATE_NO_CODE (the number of the CUDA error, such as 209, if the library has no code for the device).
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulation/streams.hpp"

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorCooperativeLaunchTooLarge = 720,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaDeviceAttr {
  cudaDevAttrClockRate = 13,
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrKernelExecTimeout = 17,
  cudaDevAttrL2CacheSize = 38,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrCooperativeLaunch = 95,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 };
constexpr unsigned cudaStreamNonBlocking = 1;

namespace emulate {

// Returns the number in an environment variable, or a default.
inline size_t setting(const char* name, size_t default_value) {
  const char* text = getenv(name);
  return text ? strtoull(text, nullptr, 10) : default_value;
}
inline size_t memory_bytes() {
  static const size_t bytes = setting("MLPCUDA_EMULATE_MEMORY", size_t(4) << 30);
  return bytes;
}
inline size_t shared_bytes_of_block() {
  return setting("MLPCUDA_EMULATE_SHARED", 227 << 10);
}
inline int multiprocessors() {
  return static_cast<int>(setting("MLPCUDA_EMULATE_MULTIPROCESSORS", 7));
}

constexpr int VERSION = 13000;  // of CUDA, as 1000 major + 10 minor
inline int driver_version() { return static_cast<int>(setting("MLPCUDA_EMULATE_DRIVER", VERSION)); }
// Returns the error of every call that waits for the device.
inline size_t failure() { return setting("MLPCUDA_EMULATE_ERROR", 0); }

// The allocated memory.
struct Allocations {
  std::mutex mutex;
  std::unordered_map<void*, size_t> sizes;  // bytes, by address
  size_t used = 0;                          // bytes in all
  std::map<char*, size_t> locked;           // bytes of page-locked memory of the host, by address
};
inline Allocations& allocations() {
  static auto* instance = new Allocations;
  return *instance;
}

// Returns whether these bytes are in page-locked memory.
inline bool is_locked(const void* from, size_t bytes) {
  auto& all = allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  const char* at = static_cast<const char*>(from);
  const auto after = all.locked.upper_bound(const_cast<char*>(at));
  if (after == all.locked.begin()) return false;
  const auto& [start, size] = *std::prev(after);
  return at + bytes <= start + size;
}

// What this thread has done, for tests: waits for the device, which a copy to memory that is not page-locked is, too; and
// cooperative launches.
inline thread_local int waits = 0, launches_together = 0;

}  // namespace emulate

using cudaStream_t = emulate::Stream*;
using cudaGraph_t = emulate::Launches*;
using cudaGraphExec_t = emulate::GraphExec*;

namespace emulate {

// The error of the last call that failed. As on a GPU, cudaGetLastError() returns it, even after an unrelated launch.
inline thread_local cudaError_t last_error = cudaSuccess;
inline cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

}  // namespace emulate

inline cudaError_t cudaGetLastError() { return std::exchange(emulate::last_error, cudaSuccess); }
inline const char* cudaGetErrorString(cudaError_t) { return "an error of the emulated device"; }
inline cudaError_t cudaDriverGetVersion(int* version) { return *version = emulate::driver_version(), cudaSuccess; }
inline cudaError_t cudaRuntimeGetVersion(int* version) { return *version = emulate::VERSION, cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return emulate::remember(emulate::driver_version() < emulate::VERSION ? cudaErrorInsufficientDriver : cudaSuccess);
}
inline cudaError_t cudaSetDevice(int device) {
  if (emulate::driver_version() < emulate::VERSION) return emulate::remember(cudaErrorInsufficientDriver);
  return emulate::remember(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrClockRate: *value = 0; break;  // not known
    case cudaDevAttrMultiProcessorCount: *value = emulate::multiprocessors(); break;
    case cudaDevAttrL2CacheSize: *value = 1 << 20; break;
    case cudaDevAttrKernelExecTimeout: *value = emulate::setting("MLPCUDA_EMULATE_TIME_LIMIT", 0) != 0; break;
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrCooperativeLaunch: *value = 1; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = static_cast<int>(emulate::shared_bytes_of_block()); break;
  }
  return cudaSuccess;
}

inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  auto& all = emulate::allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  *total = emulate::memory_bytes();
  *free = *total - all.used;
  return cudaSuccess;
}

template <class T>
cudaError_t cudaMalloc(T** address, size_t bytes) {
  auto& all = emulate::allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (bytes > emulate::memory_bytes() - all.used) return emulate::remember(cudaErrorMemoryAllocation);
  void* memory = nullptr;
  if (posix_memalign(&memory, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  memset(memory, 0xFF, bytes);  // a float that is not written is a NaN
  emulate::race_hooks.allocate(memory, bytes);
  all.sizes[memory] = bytes;
  all.used += bytes;
  *address = static_cast<T*>(memory);
  return cudaSuccess;
}

inline cudaError_t cudaFree(void* address) {
  emulate::finish_all();
  emulate::wait_for_launch();
  auto& all = emulate::allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.sizes.find(address);
  if (found == all.sizes.end()) return address ? cudaErrorInvalidValue : cudaSuccess;
  all.used -= found->second;
  all.sizes.erase(found);
  emulate::race_hooks.free(address);
  free(address);
  return cudaSuccess;
}

inline cudaError_t cudaMallocHost(void** address, size_t bytes) {
  auto& all = emulate::allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (posix_memalign(address, 256, bytes) != 0) return emulate::remember(cudaErrorMemoryAllocation);
  memset(*address, 0xFF, bytes);
  all.locked[static_cast<char*>(*address)] = bytes;
  return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* address) {
  emulate::finish_all();
  emulate::wait_for_launch();
  auto& all = emulate::allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (all.locked.erase(static_cast<char*>(address)) == 0) return cudaErrorInvalidValue;
  free(address);
  return cudaSuccess;
}

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  auto made = std::make_shared<emulate::Stream>();
  std::lock_guard<std::mutex> lock(emulate::streams().mutex);
  emulate::streams().all.insert(made);
  return *stream = made.get(), cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  emulate::finish(stream);
  auto& [mutex, all] = emulate::streams();
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto& each : all) {
    if (each.get() == stream) return all.erase(each), cudaSuccess;
  }
  return cudaErrorInvalidValue;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  emulate::waits++;
  emulate::finish(stream);
  return static_cast<cudaError_t>(emulate::failure());
}

namespace emulate {

inline void copy(void* to, const void* from, size_t bytes) {
  if (bytes == sizeof(uint32_t)) {  // a word may be copied while a kernel reads or writes it
    const uint32_t word = __atomic_load_n(static_cast<const uint32_t*>(from), __ATOMIC_RELAXED);
    __atomic_store_n(static_cast<uint32_t*>(to), word, __ATOMIC_RELAXED);
  } else if (bytes > 0) {
    memcpy(to, from, bytes);
  }
}

}  // namespace emulate

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (kind == cudaMemcpyHostToDevice && !emulate::is_locked(from, bytes)) {
    const char* first = static_cast<const char*>(from);
    const auto staged = std::make_shared<std::vector<char>>(first, first + bytes);
    emulate::add_to(stream, [=] { emulate::copy(to, staged->data(), bytes); });
  } else if (kind == cudaMemcpyDeviceToHost && !emulate::is_locked(to, bytes)) {
    emulate::waits++;
    emulate::finish(stream);
    emulate::copy(to, from, bytes);
  } else {
    emulate::add_to(stream, [=] { emulate::copy(to, from, bytes); });
  }
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return emulate::add_to(stream, [=] { memset(to, value, bytes); }), cudaSuccess;
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  return stream->captured = std::make_unique<emulate::Launches>(), cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return *graph = stream->captured.release(), cudaSuccess;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  return *exec = new emulate::GraphExec{std::make_shared<const emulate::Launches>(*graph)}, cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  emulate::add_to(stream, [launches = exec->launches] {
    for (const auto& launch : *launches) launch();
  });
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) { return delete exec, cudaSuccess; }

using cudaEvent_t = emulate::Event*;
inline cudaError_t cudaEventCreate(cudaEvent_t* event) { return *event = new emulate::Event, cudaSuccess; }
inline cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->stream = stream;
  return emulate::add_to(stream, [time = event->time] { *time = emulate::read_time(); }), cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  emulate::finish(event->stream);
  return static_cast<cudaError_t>(emulate::failure());
}
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  return *milliseconds = static_cast<float>(*end->time - *begin->time) * 1e-6f, cudaSuccess;
}
