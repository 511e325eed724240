// The fastest loop of multiply-adds, for the benchmark of products; compiled for each instruction set.
#include "vector.hpp"

namespace MLP_ISA {

// Sums in flight: at least eight, and as many as fit in the registers.
#if defined(__AVX512F__)
constexpr int CHAINS = 16;
#else
constexpr int CHAINS = 6;  // AVX2: 12 registers; NEON: 24
#endif

// Does `count` times 32 · CHAINS floating-point operations in registers, and returns how many. `result` keeps the compiler from
// leaving them out.
double multiply_add(int count, volatile float* result) {
  V sums[CHAINS];
  const V factor = splat(0.999f), term = splat(0.001f);
  for (int chain = 0; chain < CHAINS; chain++) sums[chain] = splat(static_cast<float>(chain));
  for (int i = 0; i < count; i++) {
#pragma GCC unroll 16
    for (int chain = 0; chain < CHAINS; chain++) sums[chain] = fma(sums[chain], factor, term);
  }
  for (int chain = 1; chain < CHAINS; chain++) sums[0] += sums[chain];
  *result = add_lanes(sums[0]);
  return 2.0 * LANES * CHAINS * count;
}

}  // namespace MLP_ISA
