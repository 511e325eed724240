// The limits of a GPU, measured: bytes and operations a second, and the time of a launch. They give the floor of a kernel,
// below which no version of it can be.
#pragma once

#include "clocks.cuh"
#include "timing.cuh"

// The size of a copy, unless the memory is too small.
constexpr uint64_t COPY_BYTES = uint64_t(512) << 20, QUICK_BYTES = 1 << 16;

__global__ void empty_kernel() {}

// Computes 16 independent chains of x ← a x + b in each thread.
constexpr int CHAINS = 16;
__global__ void multiply_add_kernel(float* out, int rounds, float a, float b) {
  float values[CHAINS];
  UNROLL for (int i = 0; i < CHAINS; i++) values[i] = static_cast<float>(threadIdx.x + i);
  for (int round = 0; round < rounds; round++) {
    UNROLL for (int step = 0; step < 8; step++) {
      UNROLL for (int i = 0; i < CHAINS; i++) values[i] = a * values[i] + b;
    }
  }
  float sum = 0;
  UNROLL for (int i = 0; i < CHAINS; i++) sum += values[i];
  if (sum == b) out[0] = sum;  // never true for a = 0.5 and b = 1; without a use, the compiler would remove the loop
}

// Reads READS vectors in each thread in each of `rounds` rounds, from the L2.
constexpr int READS = 4;
__global__ void read_kernel(const float4* from, float* out, int rounds) {
  float4 sum = make_float4(0, 0, 0, 0);
  const unsigned threads = gridDim.x * blockDim.x, own = blockIdx.x * blockDim.x + threadIdx.x;
  for (int round = 0; round < rounds; round++) {
    float4 held[READS];
    UNROLL for (int i = 0; i < READS; i++) held[i] = load_from_l2(from + own + i * threads);
    UNROLL for (int i = 0; i < READS; i++) sum += held[i];
  }
  if (sum.x + sum.y + sum.z + sum.w == 1) out[0] = sum.x;  // never true: all numbers are 0
}

// The limits of the device, each with its sample.
struct Limits {
  Sample memory, l2;   // bytes a microsecond: read and written by a large copy; read from the L2
  Sample operations;   // float32 operations a microsecond, two for each multiplication with addition
  Sample edge;         // microseconds of an empty kernel in a graph
  double l2_bytes;     // size of the L2
};

inline Limits measure_limits(const Request& request, Timer& timer, int multiprocessors) {
  Limits limits{};
  int l2_bytes = 0;
  check(cudaDeviceGetAttribute(&l2_bytes, cudaDevAttrL2CacheSize, 0));
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total));
  limits.l2_bytes = l2_bytes;
  cudaStream_t stream = timer.stream();
  const unsigned all = static_cast<unsigned>(multiprocessors);

  {
    DeviceMemory<float> out(1);
    const int rounds = request.quick ? 1 : 4096;
    const Grid grid = {8 * all, request.quick ? 32u : 256u, 0};
    const Sample time = timer.sample([&] { check(launch(stream, grid, multiply_add_kernel, out.get(), rounds, 0.5f, 1.0f)); });
    limits.operations = divided_by(2.0 * CHAINS * 8 * rounds * grid.blocks * grid.threads, time);
  }
  {
    const uint64_t bytes = request.quick ? QUICK_BYTES : std::min<uint64_t>(COPY_BYTES, free / 4);
    DeviceMemory<uint8_t> from(bytes), to(bytes);
    from.fill_with_zeros(stream);
    const Sample time = timer.sample([&] {
      check(cudaMemcpyAsync(to.get(), from.get(), bytes, cudaMemcpyDeviceToDevice, stream));
    });
    limits.memory = divided_by(2.0 * bytes, time);
  }
  {
    const auto fours_with = [&](unsigned threads) { return static_cast<uint64_t>(READS) * all * threads; };
    const bool many_fit = fours_with(1024) * sizeof(float4) <= static_cast<uint64_t>(l2_bytes) / 2;
    const Grid grid = {all, request.quick ? 32u : many_fit ? 1024u : 512u, 0};
    const uint64_t fours = fours_with(grid.threads);
    const int rounds = request.quick ? 1 : 2000;
    DeviceMemory<float4> from(fours);
    DeviceMemory<float> out(1);
    from.fill_with_zeros(stream);
    const Sample time = timer.sample([&] { check(launch(stream, grid, read_kernel, from.get(), out.get(), rounds)); });
    limits.l2 = divided_by(static_cast<double>(rounds) * static_cast<double>(fours) * sizeof(float4), time);
  }
  limits.edge = timer.sample_in_graph([] {}, [&] { check(launch(stream, Grid{1, 32, 0}, empty_kernel)); });
  return limits;
}

// The least work of a kernel: the bytes that it reads or writes, each counted once, and its float32 operations.
struct Work {
  double bytes, operations;
};

// The largest of the times that a kernel's bytes, operations and launch take alone.
struct Floor {
  double microseconds;
  const char* by;
};
inline Floor floor_of(const Work& work, const Limits& limits) {
  // What fits in half of the L2 stays there from launch to launch.
  const bool stays = work.bytes <= limits.l2_bytes / 2;
  const double rate = (stays ? limits.l2 : limits.memory).median;
  const Floor floors[] = {{limits.edge.median, "a launch"},
                          {work.bytes / rate, stays ? "bytes of the L2" : "bytes of the memory"},
                          {work.operations / limits.operations.median, "operations"}};
  return *std::max_element(std::begin(floors), std::end(floors),
                           [](const Floor& a, const Floor& b) { return a.microseconds < b.microseconds; });
}
