// The optimizers: what one step does to one number, and what the host computes for it. Another one adds a case to each switch.
#pragma once

#include <cmath>
#include <vector>

#include "mlp.h"
#include "prims.cuh"

// Always one of the enumeration: api.cpp checks what comes as a number.
using Optimizer = mlp_optimizer;

// An optimizer with its settings, in the order of mlp.h.
struct Settings {
  Optimizer optimizer;
  std::vector<double> values;
  bool operator<(const Settings& other) const {
    return optimizer != other.optimizer ? optimizer < other.optimizer : values < other.values;
  }
};

inline uint64_t setting_count(Optimizer optimizer) {
  switch (optimizer) {
    case MLP_SGD: return 3;
    case MLP_ADAM: return 5;
  }
  __builtin_unreachable();
}

// How many buffers of state it keeps for a parameter, at most MAX_STATES.
inline uint64_t state_count(const Settings& settings) {
  switch (settings.optimizer) {
    case MLP_SGD: return settings.values[0] != 0 ? 1 : 0;
    case MLP_ADAM: return 2;
  }
  __builtin_unreachable();
}
constexpr int MAX_STATES = 2;

// A parameter and what the optimizer keeps of it; null for what it does not.
struct Parameter {
  float* values;
  float* states[MAX_STATES];
};

struct SgdRule {
  float momentum, weight_decay;
  int32_t nesterov;
};

struct AdamRule {
  float beta1, rest1, beta2, rest2;  // rests to 1
  float weight_decay;                // what joins the gradient
};

// What stays the same from step to step, and a row of numbers for each step of the epoch.
struct UpdateRule {
  Optimizer optimizer;
  union {
    SgdRule sgd;
    AdamRule adam;
  };
  const float4* rates;
};

inline UpdateRule rule_of(const Settings& settings, const float4* rates) {
  const std::vector<double>& values = settings.values;
  const auto number = [](double value) { return static_cast<float>(value); };
  UpdateRule rule{};
  rule.optimizer = settings.optimizer;
  rule.rates = rates;
  switch (settings.optimizer) {
    case MLP_SGD:
      rule.sgd = {number(values[0]), number(values[2]), values[1] != 0};
      return rule;
    case MLP_ADAM:
      rule.adam = {number(values[0]), number(1 - values[0]), number(values[1]), number(1 - values[1]),
                   values[4] != 0 ? 0.0f : number(values[3])};
      return rule;
  }
  __builtin_unreachable();
}

// The row of step `t`, counted from 1 since training began, whose learning rate is `rate`. With sgd that alone; with Adam also
// `rate √(1 - β₂ᵗ) / (1 - β₁ᵗ)`, `ε √(1 - β₂ᵗ)` and, where weight decay is decoupled, `rate λ`.
inline float4 rates_of_step(const Settings& settings, double rate, double t) {
  const std::vector<double>& values = settings.values;
  switch (settings.optimizer) {
    case MLP_SGD: return make_float4(static_cast<float>(rate), 0, 0, 0);
    case MLP_ADAM: {
      const double root = std::sqrt(1 - std::pow(values[1], t)), decay = values[4] != 0 ? values[3] : 0.0;
      return make_float4(static_cast<float>(rate), static_cast<float>(rate * root / (1 - std::pow(values[0], t))),
                         static_cast<float>(values[2] * root), static_cast<float>(rate * decay));
    }
  }
  __builtin_unreachable();
}

// v ← momentum v + g, p ← p - rate (v, or with Nesterov g + momentum v); without momentum p ← p - rate g.
__host__ __device__ __forceinline__ void sgd(const SgdRule& rule, float rate, float g, float* p, float* velocity) {
  float step = g + rule.weight_decay * *p;
  if (velocity) {
    const float v = rule.momentum * *velocity + step;
    *velocity = v;
    step = rule.nesterov ? step + rule.momentum * v : v;
  }
  *p -= rate * step;
}

// Adam and AdamW (arXiv 1412.6980, 1711.05101), with both bias corrections moved into the step's factors:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
__host__ __device__ __forceinline__ void adam(const AdamRule& rule, const float4& rates, float g, float* p, float* m,
                                              float* v) {
  const float shrunk = *p - rates.w * *p;
  g += rule.weight_decay * *p;
  const float mean = rule.beta1 * *m + rule.rest1 * g;
  const float square = rule.beta2 * *v + rule.rest2 * g * g;
  *m = mean;
  *v = square;
  *p = shrunk - rates.y * mean / (sqrtf(square) + rates.z);
}

// Updates number `at` of a parameter, whose gradient is `g`.
__host__ __device__ __forceinline__ void update(const UpdateRule& rule, const float4& rates, float g,
                                                const Parameter& parameter, size_t at) {
  float *p = parameter.values + at, *const* states = parameter.states;
  switch (rule.optimizer) {
    case MLP_SGD: return sgd(rule.sgd, rates.x, g, p, states[0] ? states[0] + at : nullptr);
    case MLP_ADAM: return adam(rule.adam, rates, g, p, states[0] + at, states[1] + at);
  }
  __builtin_unreachable();
}
