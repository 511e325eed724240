// The optimizers: what one step does to one number, and what the host computes for it.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "mlp.h"
#include "prims.cuh"

// Always one of the enumeration: api.cpp checks what comes as a number.
using Optimizer = mlp_optimizer;

// An optimizer with its settings, in the order of mlp.h.
using Settings = std::pair<Optimizer, std::vector<double>>;

// The most buffers of state and settings that an optimizer has, and how many one with these settings needs.
constexpr int MAX_STATES = 2, MAX_SETTINGS = 5;
struct UpdateNeeds {
  uint64_t states, settings;
};
inline UpdateNeeds needs_of(const Settings& given) {
  const auto& [optimizer, values] = given;
  switch (optimizer) {
    case MLP_SGD: return {values.empty() || values[0] == 0 ? 0u : 1u, 3};
    case MLP_ADAM: return {2, 5};
  }
  __builtin_unreachable();
}

// A parameter and what the optimizer keeps of it; null for what it does not.
struct Parameter {
  float* values;
  float* states[MAX_STATES];
};

struct UpdateRule {
  Optimizer optimizer;
  struct {
    float value, rest;  // the rest to 1
  } settings[MAX_SETTINGS];
  const float4* rates;  // one row for each step of the epoch
};

// The row of step `t`, counted from 1 since training began, in double until it is done: the learning rate of sgd; of Adam the
// weight decay that joins the gradient, `rate √(1 - β₂ᵗ) / (1 - β₁ᵗ)`, `ε √(1 - β₂ᵗ)` and, of decoupled decay, `rate λ`.
inline float4 rates_of_step(const Settings& given, double rate, double t) {
  const auto& [optimizer, values] = given;
  const auto row = [](double x, double y, double z, double w) {
    return make_float4(static_cast<float>(x), static_cast<float>(y), static_cast<float>(z), static_cast<float>(w));
  };
  switch (optimizer) {
    case MLP_SGD: return row(rate, 0, 0, 0);
    case MLP_ADAM: {
      const double root = std::sqrt(1 - std::pow(values[1], t)), decay = values[3];
      const bool decoupled = values[4] != 0;
      return row(decoupled ? 0 : decay, rate * root / (1 - std::pow(values[0], t)), values[2] * root,
                 decoupled ? rate * decay : 0);
    }
  }
  __builtin_unreachable();
}

// v ← momentum v + g, p ← p - rate (v, or with Nesterov g + momentum v); without momentum p ← p - rate g.
__host__ __device__ __forceinline__ void sgd(const UpdateRule& rule, float rate, float g, float* p, float* velocity) {
  const float momentum = rule.settings[0].value, weight_decay = rule.settings[2].value;
  float step = g + weight_decay * *p;
  if (velocity) {
    const float v = momentum * *velocity + step;
    *velocity = v;
    step = rule.settings[1].value != 0 ? step + momentum * v : v;
  }
  *p -= rate * step;
}

// Adam and AdamW (arXiv 1412.6980, 1711.05101), with both bias corrections moved into the step's factors:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
__host__ __device__ __forceinline__ void adam(const UpdateRule& rule, const float4& rates, float g, float* p, float* m,
                                              float* v) {
  const auto &beta1 = rule.settings[0], &beta2 = rule.settings[1];
  const float shrunk = *p - rates.w * *p;
  g += rates.x * *p;
  const float mean = beta1.value * *m + beta1.rest * g;
  const float square = beta2.value * *v + beta2.rest * g * g;
  *m = mean;
  *v = square;
  *p = shrunk - rates.y * mean / (sqrtf(square) + rates.z);
}

// Updates number `at` of a parameter, whose gradient is `g`.
__host__ __device__ __forceinline__ void update(const UpdateRule& rule, const float4& rates, float g,
                                                const Parameter& parameter, size_t at) {
  float *p = parameter.values + at, *const* states = parameter.states;
  switch (rule.optimizer) {
    case MLP_SGD: return sgd(rule, rates.x, g, p, states[0] ? states[0] + at : nullptr);
    case MLP_ADAM: return adam(rule, rates, g, p, states[0] + at, states[1] + at);
  }
  __builtin_unreachable();
}
