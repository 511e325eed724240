// The activations and their derivatives. Softmax works on a complete row, by one warp.
#pragma once

#include <cmath>

#include "prims.cuh"
#include "shared/activations.hpp"

__host__ __device__ __forceinline__ float sigmoid(float z) { return 1 / (1 + expf(-z)); }

// The terms of t = tanh(log(1 + e^z)) = `numerator` / `denominator` and of its derivative σ(z) (1 - t²) = `slope` /
// `denominator`². All are sums of positive powers of e^-|z|, so that no digits cancel and no term overflows.
struct MishTerms {
  float numerator, denominator, slope;
};

__host__ __device__ __forceinline__ MishTerms mish_terms(float z) {
  const float q = expf(-fabsf(z)), square = q * q;
  const float numerator = 2 * q + (z < 0 ? square : 1.0f), denominator = numerator + 2 * (z < 0 ? 1.0f : square);
  return {numerator, denominator, 4 * (1 + q) * (z < 0 ? q : square)};
}

// Returns φ(z) = e^(-z² / 2) / √(2π), the density of the standard normal distribution.
__host__ __device__ __forceinline__ float normal_density(float z) { return 0.39894228f * expf(-0.5f * z * z); }

// Returns the activation of one sum; for softmax, the sum itself.
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
      return z * (t.numerator / t.denominator);
    }
    case MLP_LEAKY_RELU: return z < 0 ? 0.01f * z : z;
    case MLP_ELU: return z < 0 ? expm1f(z) : z;
    case MLP_GELU: return z * normcdff(z);
  }
  __builtin_unreachable();
}

// Returns the gradient of an activation's sum from the gradient `d` of its output `y`; for softmax, `d` itself. `z` is the sum,
// which is read only if needs_z(). The gradient of a ReLU whose output is 0 is 0, even if `d` is NaN.
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
      return d * ((t.numerator + z * (t.slope / t.denominator)) / t.denominator);
    }
    case MLP_LEAKY_RELU: return y <= 0 ? 0.01f * d : d;
    case MLP_ELU: return y <= 0 ? d * (y + 1) : d;
    case MLP_GELU: return d * (normcdff(z) + z * normal_density(z));
  }
  __builtin_unreachable();
}

// The same of four numbers.
__device__ __forceinline__ float4 activate_four(const float4& z, Activation activation) {
  return make_float4(activate(z.x, activation), activate(z.y, activation), activate(z.z, activation), activate(z.w, activation));
}
__device__ __forceinline__ float4 activate_four_backward(const float4& y, const float4& z, const float4& d,
                                                         Activation activation) {
  return make_float4(activate_backward(y.x, z.x, d.x, activation), activate_backward(y.y, z.y, d.y, activation),
                     activate_backward(y.z, z.z, d.z, activation), activate_backward(y.w, z.w, d.w, activation));
}

// Replaces a row of sums by its softmax, e^(z - max z) / Σ e^(z - max z). Each lane computes every 32nd column.
__device__ __forceinline__ void softmax_of_row(float* row, int width, int lane) {
  float largest = -INFINITY, sum = 0;
  for (int c = lane; c < width; c += WARP) largest = fmaxf(largest, row[c]);
  largest = warp_max(largest);  // e^(z - largest) cannot overflow
  for (int c = lane; c < width; c += WARP) sum += row[c] = expf(row[c] - largest);
  sum = warp_sum(sum);
  for (int c = lane; c < width; c += WARP) row[c] /= sum;
}

// Replaces the gradient `d` of a softmax's output `y` by that of its sums, y (d - Σ y d), for one row.
__device__ __forceinline__ void softmax_backward_of_row(const float* y, float* d, int width, int lane) {
  float dot = 0;
  for (int c = lane; c < width; c += WARP) dot += y[c] * d[c];
  dot = warp_sum(dot);
  for (int c = lane; c < width; c += WARP) d[c] = y[c] * (d[c] - dot);
}
