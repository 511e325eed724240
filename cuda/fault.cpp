#include "fault.hpp"

namespace {

std::string version_text(int version) { return format("%d.%d", version / 1000, version % 1000 / 10); }

Fault driver_fault() {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) return {MLP_NO_DRIVER, "there is no NVIDIA driver on this machine"};
  return {MLP_DRIVER_TOO_OLD, format("the NVIDIA driver supports CUDA %s, the library needs %s or newer",
                                     version_text(driver).c_str(), version_text(runtime).c_str())};
}

}  // namespace

Fault fault_of(cudaError_t error) {
  const int number = static_cast<int>(error);
  switch (number) {
    case 2: return {MLP_OUT_OF_MEMORY, "the GPU's memory is used up"};
    case 35: return driver_fault();  // the runtime's error also if there is no driver
    case 46: return {MLP_DEVICE_BUSY, "the GPU is busy, or in a mode that allows no other process to use it"};
    case 100: return {MLP_NO_DEVICE, "the NVIDIA driver finds no GPU"};
    case 101: return {MLP_NO_DEVICE, "there is no GPU with that number"};
    case 98:
    case 209:
    case 222: return {MLP_DEVICE_UNSUPPORTED, "the library has no code for this GPU"};
    case 802:
      return {MLP_FAILED,
              "the system is not ready for CUDA; if its GPUs are connected by NVSwitch, the fabric manager must run"};
    case 214:
    case 700:
    case 715:
    case 716:
    case 717:
    case 718:
    case 719:
      return {MLP_CONTEXT_LOST,
              format("work on the GPU failed (CUDA error %d), and this process can no longer use it", number)};
    case 702: return {MLP_TIMED_OUT, "the system's watchdog ended work on the GPU, and this process can no longer use it"};
    case 720: return {MLP_FAILED, "the GPU cannot hold all blocks of the persistent kernel at once"};
    case 803:
    case 804: return {MLP_DRIVER_MISMATCH, "parts of the NVIDIA driver do not match; a restart may help"};
    default: return {MLP_FAILED, format("CUDA error %d: %s", number, cudaGetErrorString(error))};
  }
}
