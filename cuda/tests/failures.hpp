// The statuses that the C interface returns if the driver or the GPU fails, or has too little memory.
#pragma once

#include <cstdlib>
#include <cstring>

#include "../mlp.h"
#include "../persistent.cuh"
#include "check.hpp"

inline void test_too_large() {
  char error[512] = "";
  int32_t status = 0;
  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  float one = 1;
  expect(mlp_plan_add_buffer(plan, 1ull << 30, 1ull << 30, error, sizeof error) == MLP_OK &&
             mlp_plan_read_buffer(plan, 0, &one, 1ull << 60, error, sizeof error) == MLP_OUT_OF_MEMORY &&
             strstr(error, "4611686018427387904 bytes were asked for"),
         std::string("a buffer larger than the memory is refused: ") + error);
  mlp_plan_destroy(plan);

  Persistent kernel{};
  kernel.shared_floats = (48 << 10) / sizeof(float);
  Step step(4, 4, 1);
  const cudaError_t result = launch_persistent(step.site, kernel, 1 << 20);
  expect(result == cudaErrorCooperativeLaunchTooLarge, "blocks that do not fit on the device at once are refused");
  try {
    check(result);
  } catch (const Fault& fault) {
    expect(fault.message == "the GPU cannot hold all blocks of the persistent kernel at once", fault.message);
  }
}

// Tests that a prediction does not read inputs that could not be copied.
inline void test_lost_inputs() {
  char error[512] = "";
  int32_t status = 0;
  const int32_t size = sizeof error;
  mlp_plan* plan = mlp_plan_create(0, 2, 0, &status, error, size);
  mlp_plan_add_buffer(plan, 0, 1, error, size);
  const float inputs[3] = {1, 2, 3};
  float outputs[3] = {};
  expect(mlp_plan_gather(plan, 0, -1, -1, 2, error, size) == MLP_OK &&
             mlp_plan_set_inputs_f32(plan, inputs, 3, 1, error, size) == MLP_OK && mlp_plan_finish(plan, error, size) == MLP_OK &&
             mlp_plan_predict(plan, 0, outputs, 3, error, size) == MLP_OK && outputs[2] == 6,
         std::string("a gather predicts: ") + error);
  expect(mlp_plan_set_inputs_f32(plan, inputs, 1ull << 31, 1, error, size) == MLP_OUT_OF_MEMORY,
         "inputs larger than the memory are refused");
  expect(mlp_plan_predict(plan, 0, outputs, 3, error, size) == MLP_INVALID &&
             strcmp(error, "0 rows have 0 outputs, found room for 3") == 0,
         std::string("no rows are left: ") + error);
  expect(mlp_plan_set_inputs_f32(plan, inputs + 1, 2, 1, error, size) == MLP_OK &&
             mlp_plan_predict(plan, 0, outputs, 2, error, size) == MLP_OK && outputs[1] == 6,
         std::string("new inputs are predicted: ") + error);
  mlp_plan_destroy(plan);
}

// Tests what the library for GPUs does not have.
inline void test_not_for_gpus() {
  char error[512] = "";
  int32_t status = 0;
  const auto exchange = [](int32_t, const void*, void*, uint64_t, double) -> int32_t { return MLP_OK; };
  const mlp_transport transport = {MLP_TRANSPORT_VERSION, 0, 2, exchange};
  expect(!mlp_group_create(&transport, 8, &status, error, sizeof error) && status == MLP_INVALID &&
             strcmp(error, "Training over several processes needs the library for processors, this is the one for GPUs") == 0,
         std::string("another message for a group: ") + error);
  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  expect(mlp_plan_set_threads(plan, 2, error, sizeof error) == MLP_INVALID &&
             strcmp(error, "A plan on a GPU has no threads to choose and needs 0, found 2") == 0,
         std::string("another message for threads: ") + error);
  mlp_plan_destroy(plan);
}

// Tests the messages for errors of the driver and the GPU, which the emulation returns.
inline void test_failures() {
  if (mlp_kind() != MLP_KIND_EMULATED) return;
  test_lost_inputs();
  char error[512] = "";
  int32_t count = 0, status = 0;
  const struct {
    const char* driver;
    int32_t status;
    const char* message;
  } drivers[] = {{"0", MLP_NO_DRIVER, "there is no NVIDIA driver on this machine"},
                 {"12040", MLP_DRIVER_TOO_OLD, "the NVIDIA driver supports CUDA 12.4, the library needs 13.0 or newer"}};
  for (const auto& driver : drivers) {
    setenv("MLPCUDA_EMULATE_DRIVER", driver.driver, 1);
    expect(mlp_device_count(&count, error, sizeof error) == driver.status && strcmp(error, driver.message) == 0,
           std::string("another message for the driver: ") + error);
    expect(!mlp_plan_create(0, 4, 0, &status, error, sizeof error) && status == driver.status,
           "without a driver no plan is created");
  }
  unsetenv("MLPCUDA_EMULATE_DRIVER");

  char name[64] = "";
  int64_t facts[MLP_FACTS] = {};
  const auto query = [&] { return mlp_device_query(0, name, sizeof name, facts, MLP_FACTS, error, sizeof error); };
  expect(query() == MLP_OK, "a GPU that the library has code for is opened");
  for (const char* code : {"98", "209", "222"}) {
    setenv("MLPCUDA_EMULATE_NO_CODE", code, 1);
    expect(query() == MLP_DEVICE_UNSUPPORTED &&
               strcmp(error, "the library has no code for this GPU, whose compute capability is 9.0") == 0,
           std::string("another message for a GPU without code: ") + error);
  }
  unsetenv("MLPCUDA_EMULATE_NO_CODE");
  expect(query() == MLP_OK, "that error does not affect later calls");

  mlp_plan* plan = mlp_plan_create(0, 4, 0, &status, error, sizeof error);
  mlp_plan_add_buffer(plan, 1, 1, error, sizeof error);
  const float one = 1;
  const struct {
    std::vector<int> codes;
    int32_t status;
    const char* part;  // of the message
  } faults[] = {{{2}, MLP_OUT_OF_MEMORY, "memory is used up"},
                {{3}, MLP_FAILED, "could not be started"},
                {{4}, MLP_FAILED, "the process is ending"},
                {{34}, MLP_NO_DRIVER, "stub of libcuda.so"},
                {{36}, MLP_DRIVER_TOO_OLD, "too old for a function"},
                {{46, 216}, MLP_DEVICE_BUSY, "busy"},
                {{98, 209, 222}, MLP_DEVICE_UNSUPPORTED, "the library has no code for this GPU"},
                {{218}, MLP_DEVICE_UNSUPPORTED, "cannot compile the library's code for this GPU"},
                {{221}, MLP_DEVICE_UNSUPPORTED, "libnvidia-ptxjitcompiler"},
                {{223}, MLP_DEVICE_UNSUPPORTED, "CUDA_DISABLE_PTX_JIT"},
                {{214, 220}, MLP_CONTEXT_LOST, "cannot be corrected (CUDA error "},
                {{226, 700, 710, 714, 715, 716, 717, 718, 719}, MLP_CONTEXT_LOST, "work on the GPU failed (CUDA error "},
                {{214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 810}, 0, "and this process can no longer use it"},
                {{701}, MLP_FAILED, "more registers or threads"},
                {{702}, MLP_TIMED_OUT, "watchdog"},
                {{720}, MLP_FAILED, "cannot hold all blocks of the persistent kernel at once"},
                {{800}, MLP_FAILED, "does not permit"},
                {{801}, MLP_FAILED, "does not have a function"},
                {{802}, MLP_FAILED, "the fabric manager must run"},
                {{803, 804}, MLP_DRIVER_MISMATCH, "do not match"},
                {{805}, MLP_FAILED, "(MPS) does not answer"},
                {{806, 807}, MLP_FAILED, "(MPS) is not ready"},
                {{808, 809}, MLP_DEVICE_BUSY, "(MPS) has no room"},
                {{810}, MLP_CONTEXT_LOST, "(MPS) has ended"},
                {{999}, MLP_FAILED, "CUDA error 999: an error of the emulated device"}};
  for (const auto& fault : faults) {
    for (const int code : fault.codes) {
      setenv("MLPCUDA_EMULATE_ERROR", std::to_string(code).c_str(), 1);
      const int32_t found = mlp_plan_write_buffer(plan, 0, &one, 1, error, sizeof error);
      expect((fault.status == 0 || found == fault.status) && strstr(error, fault.part),
             "another message for CUDA error " + std::to_string(code) + ": " + error);
    }
  }
  mlp_plan_destroy(plan);  // works even after such an error
  unsetenv("MLPCUDA_EMULATE_ERROR");
}
