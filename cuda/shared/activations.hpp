// The activations as they are recorded.
#pragma once

#include "mlp.h"

// Always a value of the enumeration: api.cpp checks the numbers that callers pass.
using Activation = mlp_activation;

// Returns whether the derivative of an activation needs the sum z; else the output y is enough.
inline bool needs_z(Activation activation) {
  switch (activation) {
    case MLP_LINEAR:
    case MLP_RELU:
    case MLP_SIGMOID:
    case MLP_TANH:
    case MLP_SOFTMAX:
    case MLP_LEAKY_RELU:
    case MLP_ELU: return false;
    case MLP_SILU:
    case MLP_MISH:
    case MLP_GELU: return true;
  }
  __builtin_unreachable();
}
