// The optimizers: the update of one number of a parameter in one step, and the factors that the host computes for a step.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "mlp.h"
#include "prims.cuh"

// Always a value of the enumeration: api.cpp checks the numbers that callers pass.
using Optimizer = mlp_optimizer;

// An optimizer with its settings, in the order of mlp.h.
using Settings = std::pair<Optimizer, std::vector<double>>;

// The numbers of state buffers and settings of an optimizer.
struct UpdateNeeds {
  uint64_t states, settings;
};
// Returns the settings that an optimizer has, and the most state buffers that it can have.
constexpr UpdateNeeds max_needs_of(Optimizer optimizer) {
  switch (optimizer) {
    case MLP_SGD: return {1, 3};
    case MLP_ADAM: return {2, 5};
    case MLP_RMSPROP: return {1, 3};
    case MLP_LION: return {1, 3};
  }
  __builtin_unreachable();
}

// Returns the settings and state buffers that an optimizer has with these settings.
inline UpdateNeeds needs_of(const Settings& given) {
  const auto& [optimizer, values] = given;
  UpdateNeeds needs = max_needs_of(optimizer);
  if (optimizer == MLP_SGD && (values.empty() || values[0] == 0)) needs.states = 0;  // velocity needs momentum
  return needs;
}

// Returns the largest number of states or settings of all optimizers, for which Parameter and UpdateRule have room.
constexpr int largest(uint64_t UpdateNeeds::*need) {
  uint64_t found = 0;
  for (int number = 0; number < MLP_OPTIMIZERS; number++) {
    const UpdateNeeds needs = max_needs_of(static_cast<Optimizer>(number));
    if (needs.*need > found) found = needs.*need;
  }
  return static_cast<int>(found);
}
constexpr int MAX_STATES = largest(&UpdateNeeds::states), MAX_SETTINGS = largest(&UpdateNeeds::settings);

// A parameter with its optimizer state.
struct Parameter {
  float* values;
  float* states[MAX_STATES];  // null for states that the optimizer does not have
};

// An optimizer with its settings and the factors of each step.
struct UpdateRule {
  Optimizer optimizer;
  struct {
    float value, complement;  // complement: 1 - value
  } settings[MAX_SETTINGS];
  const float4* rates;  // factors of each step of the epoch; see rates_of_step()
};

// Returns the factors of step `t`, counted from 1 since training began, computed in double. SGD and RMSprop: the learning
// rate. Lion: the learning rate and `rate λ`. Adam: the weight decay that is added to the gradient, `rate √(1 - β₂ᵗ) /
// (1 - β₁ᵗ)`, `ε √(1 - β₂ᵗ)`, and `rate λ` if the decay is decoupled.
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
    case MLP_RMSPROP: return row(rate, 0, 0, 0);
    case MLP_LION: return row(rate, rate * values[2], 0, 0);
  }
  __builtin_unreachable();
}

// SGD: v ← momentum v + g, p ← p - rate v, or with Nesterov p ← p - rate (g + momentum v); without momentum p ← p - rate g.
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

// Adam and AdamW (arXiv 1412.6980, 1711.05101), with both bias corrections in the factors of the step:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
__host__ __device__ __forceinline__ void adam(const UpdateRule& rule, const float4& rates, float g, float* p, float* m,
                                              float* v) {
  const auto &beta1 = rule.settings[0], &beta2 = rule.settings[1];
  const float shrunk = *p - rates.w * *p;
  g += rates.x * *p;
  const float mean = beta1.value * *m + beta1.complement * g;
  const float square = beta2.value * *v + beta2.complement * g * g;
  *m = mean;
  *v = square;
  *p = shrunk - rates.y * mean / (sqrtf(square) + rates.z);
}

// RMSprop: v ← decay v + (1 - decay) g², p ← p - rate g / (√v + ε).
__host__ __device__ __forceinline__ void rmsprop(const UpdateRule& rule, float rate, float g, float* p, float* v) {
  const auto& decay = rule.settings[0];
  g += rule.settings[2].value * *p;
  const float square = decay.value * *v + decay.complement * g * g;
  *v = square;
  *p -= rate * g / (sqrtf(square) + rule.settings[1].value);
}

// Lion (arXiv 2302.06675): p ← p - rate λ p - rate sign(β₁ m + (1 - β₁) g), m ← β₂ m + (1 - β₂) g.
__host__ __device__ __forceinline__ void lion(const UpdateRule& rule, const float4& rates, float g, float* p, float* m) {
  const auto &beta1 = rule.settings[0], &beta2 = rule.settings[1];
  const float mean = beta1.value * *m + beta1.complement * g;
  const float sign = mean > 0 ? 1.0f : mean < 0 ? -1.0f : mean;  // of 0 and NaN, the number itself
  *p = *p - rates.y * *p - rates.x * sign;
  *m = beta2.value * *m + beta2.complement * g;
}

// Updates number `at` of a parameter, whose gradient is `g`.
__host__ __device__ __forceinline__ void update(const UpdateRule& rule, const float4& rates, float g,
                                                const Parameter& parameter, size_t at) {
  float *p = parameter.values + at, *const* states = parameter.states;
  switch (rule.optimizer) {
    case MLP_SGD: return sgd(rule, rates.x, g, p, states[0] ? states[0] + at : nullptr);
    case MLP_ADAM: return adam(rule, rates, g, p, states[0] + at, states[1] + at);
    case MLP_RMSPROP: return rmsprop(rule, rates.x, g, p, states[0] + at);
    case MLP_LION: return lion(rule, rates, g, p, states[0] + at);
  }
  __builtin_unreachable();
}
