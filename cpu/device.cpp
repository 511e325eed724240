// The instruction sets of this processor.
#include "shared/device.hpp"

#include <unistd.h>

#include "instruction_set.hpp"
#include "shared/fault.hpp"

namespace {

constexpr uint32_t MAX_THREADS = 1024;

int64_t memory_bytes(int name) {
  const long pages = sysconf(name), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<int64_t>(pages) * size : 0;
}

}  // namespace

uint32_t library_kind() { return MLP_KIND_CPU; }
int32_t driver_version() { return 0; }
int32_t runtime_version() { return 0; }
int32_t count_devices() { return MLP_INSTRUCTION_SETS; }

Device query_device(int32_t instruction_set) {
  kernels_of(instruction_set);  // throws if it cannot be used
  Device device{format("%s, %s", processor_name().c_str(), name_of(instruction_set)), {}};
  device.facts[MLP_FACT_MULTIPROCESSORS] = processor_count();
  device.facts[MLP_FACT_TOTAL_BYTES] = memory_bytes(_SC_PHYS_PAGES);
#ifdef _SC_AVPHYS_PAGES
  device.facts[MLP_FACT_FREE_BYTES] = memory_bytes(_SC_AVPHYS_PAGES);
#endif
  return device;
}

void check_threads(uint32_t threads) {
  need(threads <= MAX_THREADS, "A plan needs 1 to %u threads, or 0 for one on each processor, found %u", MAX_THREADS, threads);
}
