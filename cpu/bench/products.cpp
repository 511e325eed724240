// Measures the dense products of layers with every instruction set of this processor, on one thread and on all processors:
// GFLOP/s, and the share of the peak, which is that of a loop of multiply-adds in registers. Of 10 outputs, a vector has 10 of
// 16 lanes in use: their share is at most 63 %. Every figure is the best of many runs, since other work disturbs some of them.
//
//   products [threads]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "instruction_set.hpp"
#include "memory.hpp"
#include "shares.hpp"
#include "thread_pool.hpp"

#define DECLARE_PEAK(isa) \
  namespace isa { double multiply_add(int count, volatile float* result); }
#if defined(__x86_64__)
DECLARE_PEAK(avx2)
DECLARE_PEAK(avx512)
#else
DECLARE_PEAK(neon)
#endif

namespace {

constexpr double MEASURED_SECONDS = 0.2, RUN_SECONDS = 2e-4;
constexpr int ROW_STEP = 8, INPUT_STEP = 16;  // where the shares of threads are cut

double multiply_add(int32_t set, int count) {
  volatile float result;
#if defined(__x86_64__)
  return set == MLP_AVX512 ? avx512::multiply_add(count, &result) : avx2::multiply_add(count, &result);
#else
  (void)set;
  return neon::multiply_add(count, &result);
#endif
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Returns the GFLOP/s of `work(thread)`, which all threads call; all calls together do `flops` operations.
double rate_of(ThreadPool& pool, double flops, const std::function<void(int thread)>& work) {
  const auto run = [&](int calls) {
    double seconds = 0;
    pool.run([&](int thread) {
      pool.barrier();
      const double start = now();
      for (int call = 0; call < calls; call++) work(thread);
      pool.barrier();
      if (thread == 0) seconds = now() - start;
    });
    return seconds / calls;
  };
  int calls = 1;
  while (run(calls) * calls < RUN_SECONDS && calls < 1 << 20) calls *= 2;
  double best = run(calls);
  for (const double end = now() + MEASURED_SECONDS; now() < end;) best = std::min(best, run(calls));
  return flops / best / 1e9;
}

double peak_of(ThreadPool& pool, int32_t set) {
  constexpr int COUNT = 20000;
  return rate_of(pool, multiply_add(set, COUNT) * pool.threads(), [&](int) { multiply_add(set, COUNT); });
}

// A matrix of numbers from -1 to 1.
struct Matrix {
  Memory<float> memory;
  Panels panels;
  Matrix(int rows, int columns) : panels{nullptr, rows, columns} {
    memory = Memory<float>(panels.size());
    panels.data = memory.get();
    uint32_t state = 1;
    for (size_t at = 0; at < panels.size(); at++) {
      state = state * 1664525 + 1013904223;
      panels.data[at] = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
    }
  }
};

struct Layer {
  int batch, inputs, outputs;
};

void measure(const Kernels& kernels, ThreadPool& pool, double peak, const Layer& layer) {
  const auto [batch, inputs, outputs] = layer;
  const Matrix x(batch, inputs), weights(inputs, outputs), by_output(outputs, inputs), bias(1, outputs), y(batch, outputs);
  const Matrix dz(batch, outputs), dx(batch, inputs), gradient(inputs, outputs), means(inputs, outputs);
  const Matrix squares(inputs, outputs);
  std::fill_n(squares.panels.data, squares.panels.size(), 1.0f);
  const Linear linear = {x.panels, weights.panels, bias.panels.data, y.panels, {}, MLP_RELU};
  const LinearBackwardInput back = {dz.panels, by_output.panels, x.panels, {}, dx.panels, MLP_RELU, false, {}};
  const Parameter parameter = {weights.panels.data, {means.panels.data, squares.panels.data}, nullptr};
  LinearBackwardWeight weight = {x.panels, dz.panels, weights.panels, nullptr, parameter, by_output.panels};
  LinearBackwardWeight stored = weight;
  stored.d_weights = gradient.panels.data;
  const Settings adam = {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}};
  const Update update = {rule_of(adam), factors_of_step(adam, 1e-6, 1000), 0, 0};
  Slices one = {1, {0, batch}}, eight = {8, {}};
  for (int slice = 0; slice <= 8; slice++) eight.bounds[slice] = batch * slice / 8;

  const auto divide = [&](const Panels& result, int step, int thread, const std::function<void(Range, Range)>& work) {
    for_share(result, {0, result.rows}, step, thread, pool.threads(), work);
  };
  const std::function<void(int)> products[] = {
      [&](int thread) {
        divide(y.panels, ROW_STEP, thread, [&](Range rows, Range panels) { kernels.linear(linear, rows, panels); });
      },
      [&](int thread) {
        divide(dx.panels, ROW_STEP, thread,
               [&](Range rows, Range panels) { kernels.linear_backward_input(back, 1, rows, panels); });
      },
      [&](int thread) {
        divide(weights.panels, INPUT_STEP, thread,
               [&](Range rows, Range panels) { kernels.linear_backward_weight(stored, one, {}, rows, panels); });
      },
      [&](int thread) {
        divide(weights.panels, INPUT_STEP, thread,
               [&](Range rows, Range panels) { kernels.linear_backward_weight(stored, eight, {}, rows, panels); });
      },
      [&](int thread) {
        divide(weights.panels, INPUT_STEP, thread,
               [&](Range rows, Range panels) { kernels.linear_backward_weight(weight, one, update, rows, panels); });
      }};
  printf("%5d %5d %5d", batch, inputs, outputs);
  for (const auto& product : products) {
    const double rate = rate_of(pool, 2.0 * batch * inputs * outputs, product);
    printf("  %6.1f (%3.0f %%)", rate, 100 * rate / peak);
    fflush(stdout);
  }
  printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int all = argc > 1 ? atoi(argv[1]) : processor_count();
  if (all < 1 || all > 1024) {
    fprintf(stderr, "usage: products [threads]\n");
    return 1;
  }
  printf("%s\n", processor_name().c_str());
  for (int32_t set : {MLP_AVX512, MLP_AVX2, MLP_NEON}) {
    if (!is_usable(set)) continue;
    std::vector<int> thread_counts = {1};
    if (all > 1) thread_counts.push_back(all);
    for (int threads : thread_counts) {
      ThreadPool pool(threads);
      const double peak = peak_of(pool, set);
      printf("\n%s, %d thread%s: peak %.0f GFLOP/s\n", name_of(set), threads, threads > 1 ? "s" : "", peak);
      printf("batch    in   out          linear  backward input         weight      8 slices  weight + Adam\n");
      for (const Layer& layer : {Layer{128, 784, 512}, Layer{128, 512, 512}, Layer{128, 512, 10}, Layer{256, 1024, 1024},
                                 Layer{128, 128, 64}, Layer{128, 64, 10}}) {
        measure(kernels_of(set), pool, peak, layer);
      }
    }
  }
}
