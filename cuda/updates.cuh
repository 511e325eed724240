// The optimizers' formulas: what one step does to one number.
#pragma once

#include "prims.cuh"

enum class Optimizer : int32_t { sgd = 0, adam = 1 };

// A parameter and what the optimizer keeps of it: velocity in `first`, or m in `first` and v in `second`.
struct Parameter {
  float* values;
  float* first;
  float* second;
};

struct UpdateRule {
  Optimizer optimizer;
  int32_t nesterov;
  float decay1, rest1;  // momentum; or β₁ and 1 - β₁
  float decay2, rest2;  // β₂ and 1 - β₂
  float weight_decay;   // of what joins the gradient
  // One row for each step of the epoch, computed by the host in double: the learning rate; with Adam also
  // `rate √(1 - β₂ᵗ) / (1 - β₁ᵗ)`, `ε √(1 - β₂ᵗ)` and, where weight decay is decoupled, `rate λ`.
  const float4* rates;
};

// v ← momentum v + g, p ← p - rate (v, or with Nesterov g + momentum v); without momentum p ← p - rate g.
__device__ __forceinline__ void sgd(const UpdateRule& rule, float rate, float g, float* p, float* velocity) {
  float step = g + rule.weight_decay * *p;
  if (velocity) {
    const float v = rule.decay1 * *velocity + step;
    *velocity = v;
    step = rule.nesterov ? step + rule.decay1 * v : v;
  }
  *p -= rate * step;
}

// Adam and AdamW (arXiv 1412.6980, 1711.05101), with both bias corrections moved into the step's factors:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
__device__ __forceinline__ void adam(const UpdateRule& rule, const float4& rates, float g, float* p, float* m, float* v) {
  const float shrunk = *p - rates.w * *p;
  g += rule.weight_decay * *p;
  const float mean = rule.decay1 * *m + rule.rest1 * g;
  const float square = rule.decay2 * *v + rule.rest2 * g * g;
  *m = mean;
  *v = square;
  *p = shrunk - rates.y * mean / (sqrtf(square) + rates.z);
}

__device__ __forceinline__ void update(const UpdateRule& rule, const float4& rates, float g, const Parameter& parameter,
                                       size_t at) {
  float* first = parameter.first ? parameter.first + at : nullptr;
  if (rule.optimizer == Optimizer::adam) {
    adam(rule, rates, g, parameter.values + at, first, parameter.second + at);
  } else {
    sgd(rule, rates.x, g, parameter.values + at, first);
  }
}
