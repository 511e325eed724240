// What each activation computes, and how a gradient goes back through it. Softmax needs a whole row: see softmax.cu.
#pragma once

#include "prims.cuh"

enum class Activation : int32_t { linear = 0, relu = 1, sigmoid = 2, tanh = 3, softmax = 4 };

// The activation of one sum; of softmax, the sum itself.
__device__ __forceinline__ float activate(float z, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return z < 0 ? 0.0f : z;  // NaN stays NaN
    case Activation::sigmoid:
      return 1 / (1 + expf(-z));
    case Activation::tanh:
      return tanhf(z);
    default:
      return z;
  }
}

// The derivative of the activation whose output is `y`; of softmax, 1.
__device__ __forceinline__ float derivative(float y, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return y <= 0 ? 0.0f : 1.0f;
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::tanh:
      return 1 - y * y;
    default:
      return 1;
  }
}

// The gradient `d` of an activation's output `y`, as that of its input. A ReLU that is off lets nothing through, not even
// what is no number.
__device__ __forceinline__ float activate_backward(float y, float d, Activation activation) {
  return activation == Activation::relu && y <= 0 ? 0.0f : d * derivative(y, activation);
}
