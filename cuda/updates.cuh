// The optimizers: the update of one number of a parameter in one step.
#pragma once

#include "prims.cuh"
#include "shared/updates.hpp"

// A parameter with its optimizer state.
struct Parameter {
  float* values;
  float* states[MAX_STATES];  // null for states that the optimizer does not have
};

// An optimizer with its settings, and its factors in each step of an epoch.
struct EpochRule : UpdateRule {
  const float4* rates;  // factors_of_step()
};

// Returns the factors of step `t`, counted from 1 since training began, as one vector.
inline float4 rates_of_step(const Settings& given, double rate, uint64_t t) {
  const Factors factors = factors_of_step(given, rate, t);
  return make_float4(factors.x, factors.y, factors.z, factors.w);
}

// SGD: v ← momentum v + g, p ← p - rate v, or with Nesterov p ← p - rate (g + momentum v); without momentum p ← p - rate g.
__host__ __device__ __forceinline__ void sgd(const UpdateRule& rule, float rate, float g, float& p, float& velocity,
                                             bool has_velocity) {
  const float momentum = rule.settings[0].value, weight_decay = rule.settings[2].value;
  float step = g + weight_decay * p;
  if (has_velocity) {
    const float v = momentum * velocity + step;
    velocity = v;
    step = rule.settings[1].value != 0 ? step + momentum * v : v;
  }
  p -= rate * step;
}

// Adam and AdamW (arXiv 1412.6980, 1711.05101), with both bias corrections in the factors of the step:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
__host__ __device__ __forceinline__ void adam(const UpdateRule& rule, const float4& rates, float g, float& p, float& m,
                                              float& v) {
  const auto &beta1 = rule.settings[0], &beta2 = rule.settings[1];
  const float shrunk = p - rates.w * p;
  g += rates.x * p;
  const float mean = beta1.value * m + beta1.complement * g;
  const float square = beta2.value * v + beta2.complement * g * g;
  m = mean;
  v = square;
  p = shrunk - rates.y * mean / (sqrtf(square) + rates.z);
}

// RMSprop: v ← decay v + (1 - decay) g², p ← p - rate g / (√v + ε).
__host__ __device__ __forceinline__ void rmsprop(const UpdateRule& rule, float rate, float g, float& p, float& v) {
  const auto& decay = rule.settings[0];
  g += rule.settings[2].value * p;
  const float square = decay.value * v + decay.complement * g * g;
  v = square;
  p -= rate * g / (sqrtf(square) + rule.settings[1].value);
}

// Lion (arXiv 2302.06675): p ← p - rate λ p - rate sign(β₁ m + (1 - β₁) g), m ← β₂ m + (1 - β₂) g.
__host__ __device__ __forceinline__ void lion(const UpdateRule& rule, const float4& rates, float g, float& p, float& m) {
  const auto &beta1 = rule.settings[0], &beta2 = rule.settings[1];
  const float mean = beta1.value * m + beta1.complement * g;
  const float sign = mean > 0 ? 1.0f : mean < 0 ? -1.0f : mean;  // of 0 and NaN, the number itself
  p = p - rates.y * p - rates.x * sign;
  m = beta2.value * m + beta2.complement * g;
}

static_assert(MAX_STATES == 2, "an update has two states");

// Updates a number whose gradient is `g`, with its states `a` and `b`; those that the optimizer does not have are not used.
__host__ __device__ __forceinline__ void update_number(const UpdateRule& rule, const float4& rates, float g, float& p, float& a,
                                                       float& b, bool has_state) {
  switch (rule.optimizer) {
    case MLP_SGD: return sgd(rule, rates.x, g, p, a, has_state);
    case MLP_ADAM: return adam(rule, rates, g, p, a, b);
    case MLP_RMSPROP: return rmsprop(rule, rates.x, g, p, a);
    case MLP_LION: return lion(rule, rates, g, p, a);
  }
  __builtin_unreachable();
}

// A number of a parameter with its states.
struct Number {
  float value, first, second;
};
__host__ __device__ __forceinline__ Number load_number(const Parameter& parameter, size_t at) {
  const float *const a = parameter.states[0], *const b = parameter.states[1];
  return {parameter.values[at], a ? a[at] : 0, b ? b[at] : 0};
}

// Updates a loaded number, whose gradient is `g`, and stores it as number `at` of the parameter.
__host__ __device__ __forceinline__ void update_and_store(const UpdateRule& rule, const float4& rates, float g, Number number,
                                                          const Parameter& parameter, size_t at) {
  float *const a = parameter.states[0], *const b = parameter.states[1];
  update_number(rule, rates, g, number.value, number.first, number.second, a != nullptr);
  parameter.values[at] = number.value;
  if (a) a[at] = number.first;
  if (b) b[at] = number.second;
}

// Updates number `at` of a parameter, whose gradient is `g`.
__host__ __device__ __forceinline__ void update(const UpdateRule& rule, const float4& rates, float g,
                                                const Parameter& parameter, size_t at) {
  update_and_store(rule, rates, g, load_number(parameter, at), parameter, at);
}

// Updates four numbers of a parameter from number `at`, whose gradients are `g`; or the first `count` of them. `aligned`: `at` is a
// multiple of 4, and parameter and states begin at multiples of 16 bytes.
__device__ __forceinline__ void update_four(const UpdateRule& rule, const float4& rates, const float4& g,
                                            const Parameter& parameter, size_t at, int count, bool aligned) {
  if (count < 4 || !aligned) {
    if (count > 0) update(rule, rates, g.x, parameter, at);
    if (count > 1) update(rule, rates, g.y, parameter, at + 1);
    if (count > 2) update(rule, rates, g.z, parameter, at + 2);
    if (count > 3) update(rule, rates, g.w, parameter, at + 3);
    return;
  }
  float *const values = parameter.values + at, *const a = parameter.states[0], *const b = parameter.states[1];
  float4 p = *reinterpret_cast<const float4*>(values), first = {}, second = {};
  if (a) first = *reinterpret_cast<const float4*>(a + at);
  if (b) second = *reinterpret_cast<const float4*>(b + at);
  const bool has_state = a != nullptr;
  update_number(rule, rates, g.x, p.x, first.x, second.x, has_state);
  update_number(rule, rates, g.y, p.y, first.y, second.y, has_state);
  update_number(rule, rates, g.z, p.z, first.z, second.z, has_state);
  update_number(rule, rates, g.w, p.w, first.w, second.w, has_state);
  *reinterpret_cast<float4*>(values) = p;
  if (a) *reinterpret_cast<float4*>(a + at) = first;
  if (b) *reinterpret_cast<float4*>(b + at) = second;
}
