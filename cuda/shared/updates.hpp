// The optimizers as they are recorded: what each needs, and the factors that the host computes for a step.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "mlp.h"
#include "shared/inline.hpp"

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

// Returns the largest number of states or settings of all optimizers.
constexpr int largest(uint64_t UpdateNeeds::*need) {
  uint64_t found = 0;
  for (int number = 0; number < MLP_OPTIMIZERS; number++) {
    const UpdateNeeds needs = max_needs_of(static_cast<Optimizer>(number));
    if (needs.*need > found) found = needs.*need;
  }
  return static_cast<int>(found);
}
constexpr int MAX_STATES = largest(&UpdateNeeds::states), MAX_SETTINGS = largest(&UpdateNeeds::settings);

// An optimizer with its settings as kernels use them.
struct UpdateRule {
  Optimizer optimizer;
  struct {
    float value, complement;  // complement: 1 - value
  } settings[MAX_SETTINGS];
};
inline UpdateRule rule_of(const Settings& given) {
  UpdateRule rule{given.first, {}};
  for (size_t index = 0; index < given.second.size(); index++) {
    const double value = given.second[index];
    rule.settings[index] = {static_cast<float>(value), static_cast<float>(1 - value)};
  }
  return rule;
}

// The factors of one step; see factors_of_step().
struct Factors {
  float x, y, z, w;
};

// Returns base^exponent by repeated squaring. std::pow() would not do: its last bit depends on the system's library.
inline double power(double base, uint64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) result *= base;
  }
  return result;
}

// Returns the factors of step `t`, counted from 1 since training began, computed in double. SGD and RMSprop: the learning
// rate. Lion: the learning rate and `rate λ`. Adam: the weight decay that is added to the gradient, `rate √(1 - β₂ᵗ) /
// (1 - β₁ᵗ)`, `ε √(1 - β₂ᵗ)`, and `rate λ` if the decay is decoupled.
inline Factors factors_of_step(const Settings& given, double rate, uint64_t t) {
  const auto& [optimizer, values] = given;
  const auto factors = [](double x, double y, double z, double w) {
    return Factors{static_cast<float>(x), static_cast<float>(y), static_cast<float>(z), static_cast<float>(w)};
  };
  switch (optimizer) {
    case MLP_SGD: return factors(rate, 0, 0, 0);
    case MLP_ADAM: {
      const double root = std::sqrt(1 - power(values[1], t)), decay = values[3];
      const bool decoupled = values[4] != 0;
      return factors(decoupled ? 0 : decay, rate * root / (1 - power(values[0], t)), values[2] * root,
                     decoupled ? rate * decay : 0);
    }
    case MLP_RMSPROP: return factors(rate, 0, 0, 0);
    case MLP_LION: return factors(rate, rate * values[2], 0, 0);
  }
  __builtin_unreachable();
}
