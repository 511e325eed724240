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

// Returns the fault of an error that every later call returns, too.
Fault lost_fault(const char* what, int number) {
  return {MLP_CONTEXT_LOST, format("%s (CUDA error %d), and this process can no longer use it", what, number)};
}

Fault service_fault(const char* what, int number) {
  return {MLP_FAILED, format("the CUDA Multi-Process Service (MPS) %s (CUDA error %d)", what, number)};
}

}  // namespace

Fault fault_of(cudaError_t error) {
  const int number = static_cast<int>(error);
  switch (number) {
    case 2: return {MLP_OUT_OF_MEMORY, "the GPU's memory is used up"};
    case 3: return {MLP_FAILED, "the NVIDIA driver could not be started"};
    case 4: return {MLP_FAILED, "the process is ending"};
    case 34: return {MLP_NO_DRIVER, "the system has loaded the CUDA toolkit's stub of libcuda.so in place of the NVIDIA driver"};
    case 35: return driver_fault();  // the runtime's error also if there is no driver
    case 36: return {MLP_DRIVER_TOO_OLD, "the NVIDIA driver is too old for a function that the library calls"};
    case 46:
    case 216: return {MLP_DEVICE_BUSY, "the GPU is busy, or in a mode that allows no other process to use it"};
    case 98:
    case 209:
    case 222: return {MLP_DEVICE_UNSUPPORTED, "the library has no code for this GPU"};
    case 100: return {MLP_NO_DEVICE, "the NVIDIA driver finds no GPU"};
    case 101: return {MLP_NO_DEVICE, "there is no GPU with that number"};
    // Without machine code for a GPU, the driver compiles the library's PTX.
    case 218: return {MLP_DEVICE_UNSUPPORTED, "the driver cannot compile the library's code for this GPU"};
    case 221:
      return {MLP_DEVICE_UNSUPPORTED, "the driver has no compiler (libnvidia-ptxjitcompiler) for the library's code for this GPU"};
    case 223:
      return {MLP_DEVICE_UNSUPPORTED, "the driver is set not to compile (CUDA_DISABLE_PTX_JIT) the library's code for this GPU"};
    case 214: return lost_fault("the GPU's memory has an error that cannot be corrected", number);
    case 220: return lost_fault("a connection of the GPU (NVLink) has an error that cannot be corrected", number);
    case 226:
    case 700:
    case 710:
    case 714:
    case 715:
    case 716:
    case 717:
    case 718:
    case 719: return lost_fault("work on the GPU failed", number);
    case 701: return {MLP_FAILED, "a kernel needs more registers or threads than the GPU has"};
    case 702: return {MLP_TIMED_OUT, "the system's watchdog ended work on the GPU, and this process can no longer use it"};
    case 720: return {MLP_FAILED, "the GPU cannot hold all blocks of the persistent kernel at once"};
    case 800: return {MLP_FAILED, "the system does not permit this use of the GPU (CUDA error 800)"};
    case 801: return {MLP_FAILED, "the GPU or its driver does not have a function that the library needs (CUDA error 801)"};
    case 802:
      return {MLP_FAILED,
              "the system is not ready for CUDA; if its GPUs are connected by NVSwitch, the fabric manager must run"};
    case 803:
    case 804: return {MLP_DRIVER_MISMATCH, "parts of the NVIDIA driver do not match; a restart may help"};
    case 805: return service_fault("does not answer; its control daemon must run", number);
    case 806:
    case 807: return service_fault("is not ready; its server may be starting, or have failed", number);
    case 808:
    case 809: return {MLP_DEVICE_BUSY, "the CUDA Multi-Process Service (MPS) has no room for another process on this GPU"};
    case 810: return lost_fault("the CUDA Multi-Process Service (MPS) has ended this process's work on the GPU", number);
    default: return {MLP_FAILED, format("CUDA error %d: %s", number, cudaGetErrorString(error))};
  }
}
