// The GPUs.
#include "shared/device.hpp"

#include "fault.hpp"
#include "ops.cuh"

namespace {

// Throws if the library has no code for the calling thread's device, which has this compute capability. Called when a device is
// opened, while the caller can still choose another backend; without it, the first plan would fail.
void check_code(int64_t major, int64_t minor) {
  try {
    check(find_code_of_kernels());
  } catch (const Fault& fault) {
    if (fault.status != MLP_DEVICE_UNSUPPORTED) throw;
    throw Fault{fault.status, format("%s, whose compute capability is %d.%d", fault.message.c_str(),
                                     static_cast<int>(major), static_cast<int>(minor))};
  }
}

}  // namespace

uint32_t library_kind() {
#ifdef __CUDACC__
  return MLP_KIND_CUDA;
#else
  return MLP_KIND_EMULATED;
#endif
}

int32_t driver_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

int32_t runtime_version() {
  int version = 0;
  return cudaRuntimeGetVersion(&version) == cudaSuccess ? version : 0;
}

int32_t count_devices() {
  int count = 0;
  check(cudaGetDeviceCount(&count));
  return count;
}

Device query_device(int32_t device) {
  Device found{"emulated GPU", {}};
  check(cudaSetDevice(device));
  const auto read = [&](cudaDeviceAttr attribute) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, attribute, device));
    return value;
  };
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total));
  found.facts[MLP_FACT_MAJOR] = read(cudaDevAttrComputeCapabilityMajor);
  found.facts[MLP_FACT_MINOR] = read(cudaDevAttrComputeCapabilityMinor);
  found.facts[MLP_FACT_MULTIPROCESSORS] = read(cudaDevAttrMultiProcessorCount);
  found.facts[MLP_FACT_SHARED_BYTES] = read(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  found.facts[MLP_FACT_TOTAL_BYTES] = static_cast<int64_t>(total);
  found.facts[MLP_FACT_FREE_BYTES] = static_cast<int64_t>(free);
#ifdef __CUDACC__
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, device));
  found.name = properties.name;
#endif
  check_code(found.facts[MLP_FACT_MAJOR], found.facts[MLP_FACT_MINOR]);
  return found;
}

void check_threads(uint32_t threads) {
  need(threads == 0, "A plan on a GPU has no threads to choose and needs 0, found %u", threads);
}
