// The activations, forward and back. Softmax needs a whole row, by one warp.
#pragma once

#include <cmath>

#include "mlp.h"
#include "prims.cuh"

// Always one of the enumeration: api.cpp checks what comes as a number.
using Activation = mlp_activation;

// Whether a gradient needs the sum z to go back through an activation, besides the output y.
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

__host__ __device__ __forceinline__ float sigmoid(float z) { return 1 / (1 + expf(-z)); }

// t = tanh(log(1 + e^z)) as `top` / `all`, and σ(z) (1 - t²) as `slope` / `all`²: sums of positive powers of e^-|z|, so that
// nothing cancels or overflows.
struct MishTerms {
  float top, all, slope;
};

__host__ __device__ __forceinline__ MishTerms mish_terms(float z) {
  const float q = expf(-fabsf(z)), square = q * q;
  const float top = 2 * q + (z < 0 ? square : 1.0f), all = top + 2 * (z < 0 ? 1.0f : square);
  return {top, all, 4 * (1 + q) * (z < 0 ? q : square)};
}

// φ(z) = e^(-z² / 2) / √(2π), the density of the standard normal distribution.
__host__ __device__ __forceinline__ float normal_density(float z) { return 0.39894228f * expf(-0.5f * z * z); }

// The activation of one sum; of softmax, the sum itself.
__host__ __device__ __forceinline__ float activate(float z, Activation activation) {
  switch (activation) {
    case MLP_LINEAR: return z;
    case MLP_RELU: return z < 0 ? 0.0f : z;  // NaN stays NaN
    case MLP_SIGMOID: return sigmoid(z);
    case MLP_TANH: return tanhf(z);
    case MLP_SOFTMAX: return z;
    case MLP_SILU: return z * sigmoid(z);
    case MLP_MISH: {
      const MishTerms t = mish_terms(z);
      return z * (t.top / t.all);
    }
    case MLP_LEAKY_RELU: return z < 0 ? 0.01f * z : z;
    case MLP_ELU: return z < 0 ? expm1f(z) : z;
    case MLP_GELU: return z * normcdff(z);
  }
  __builtin_unreachable();
}

// The gradient `d` of an activation's output `y`, as that of its sum `z`, which counts only where it is needed; of softmax, `d`
// itself. A ReLU that is off lets nothing through, not even what is no number.
__host__ __device__ __forceinline__ float activate_backward(float y, float z, float d, Activation activation) {
  switch (activation) {
    case MLP_LINEAR: return d;
    case MLP_RELU: return y <= 0 ? 0.0f : d;
    case MLP_SIGMOID: return d * (y * (1 - y));
    case MLP_TANH: return d * (1 - y * y);
    case MLP_SOFTMAX: return d;
    case MLP_SILU: {
      const float s = sigmoid(z);
      return d * (s * (1 + z * (1 - s)));
    }
    case MLP_MISH: {
      const MishTerms t = mish_terms(z);
      return d * ((t.top + z * (t.slope / t.all)) / t.all);
    }
    case MLP_LEAKY_RELU: return y <= 0 ? 0.01f * d : d;
    case MLP_ELU: return y <= 0 ? d * (y + 1) : d;
    case MLP_GELU: return d * (normcdff(z) + z * normal_density(z));
  }
  __builtin_unreachable();
}

// Softmax of a row in place, e^(z - max z) / Σ e^(z - max z): each lane takes every 32nd column.
__device__ __forceinline__ void softmax_of_row(float* row, int width, int lane) {
  float largest = -INFINITY, sum = 0;
  for (int c = lane; c < width; c += WARP) largest = fmaxf(largest, row[c]);
  largest = warp_max(largest);  // e^(z - largest) cannot overflow
  for (int c = lane; c < width; c += WARP) sum += row[c] = expf(row[c] - largest);
  sum = warp_sum(sum);
  for (int c = lane; c < width; c += WARP) row[c] /= sum;
}

// The gradient `d` of a softmax's row `y` as that of its sums, y (d - Σ y d), in place.
__device__ __forceinline__ void softmax_backward_of_row(const float* y, float* d, int width, int lane) {
  float dot = 0;
  for (int c = lane; c < width; c += WARP) dot += y[c] * d[c];
  dot = warp_sum(dot);
  for (int c = lane; c < width; c += WARP) d[c] = y[c] * (d[c] - dot);
}
