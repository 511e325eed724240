// The activations and their derivatives, for 16 numbers at once. Softmax needs a complete row: see softmax.cpp.
//
// Numerics: the functions of math.hpp, to 2 ulp; the formulas are arranged so that no digits cancel and nothing overflows.
// Compared with `activate()` and `activateBackward()` of the reference backend.
#pragma once

#include "kernels.hpp"
#include "math.hpp"
#include "vector.hpp"

namespace MLP_ISA {

// The terms of t = tanh(log(1 + e^z)) = `numerator` / `denominator` and of its derivative σ(z) (1 - t²) = `slope` /
// `denominator`². All are sums of positive powers of e^-|z|, so that no digits cancel and no term overflows.
struct MishTerms {
  V numerator, denominator, slope;
};
SHARED_INLINE MishTerms mish_terms(V z) {
  const V one = splat(1), two = splat(2), q = exp(negate(abs(z))), square = q * q;
  const M below = less(z, zero());
  const V numerator = fma(two, q, select(below, square, one));
  return {numerator, fma(two, select(below, one, square), numerator), splat(4) * (one + q) * select(below, q, square)};
}

// Returns φ(z) = e^(-z² / 2) / √(2π), the density of the standard normal distribution.
SHARED_INLINE V normal_density(V z) { return splat(0.39894228f) * exp(splat(-0.5f) * z * z); }

// Every activation is a type: `activate(z)` returns its outputs, and `back(y, z, d)` the gradient of the sums from the gradient
// `d` of the outputs `y`. `z` is used only if the derivative needs the sums. Rectifiers keep NaN.

// y = z; and softmax before its row is complete.
struct Identity {
  static SHARED_INLINE V activate(V z) { return z; }
  static SHARED_INLINE V back(V, V, V d) { return d; }
};

struct Relu {
  static SHARED_INLINE V activate(V z) { return max(zero(), z); }
  // The gradient is 0 if the output is 0, even if `d` is NaN.
  static SHARED_INLINE V back(V y, V, V d) { return select(less_equal(y, zero()), zero(), d); }
};

struct Sigmoid {
  static SHARED_INLINE V activate(V z) { return sigmoid(z); }
  static SHARED_INLINE V back(V y, V, V d) { return d * (y * (splat(1) - y)); }
};

struct Tanh {
  static SHARED_INLINE V activate(V z) { return tanh(z); }
  static SHARED_INLINE V back(V y, V, V d) { return d * fnma(y, y, splat(1)); }
};

struct Silu {
  static SHARED_INLINE V activate(V z) { return z * sigmoid(z); }
  static SHARED_INLINE V back(V, V z, V d) {
    const V s = sigmoid(z), one = splat(1);
    return d * (s * fma(z, one - s, one));
  }
};

struct Mish {
  static SHARED_INLINE V activate(V z) {
    const MishTerms t = mish_terms(z);
    return z * (t.numerator / t.denominator);
  }
  static SHARED_INLINE V back(V, V z, V d) {
    const MishTerms t = mish_terms(z);
    return d * (fma(z, t.slope / t.denominator, t.numerator) / t.denominator);
  }
};

struct LeakyRelu {
  static SHARED_INLINE V activate(V z) { return select(less(z, zero()), splat(0.01f) * z, z); }
  static SHARED_INLINE V back(V y, V, V d) { return select(less_equal(y, zero()), splat(0.01f) * d, d); }
};

struct Elu {
  static SHARED_INLINE V activate(V z) { return select(less(z, zero()), expm1(z), z); }
  static SHARED_INLINE V back(V y, V, V d) { return select(less_equal(y, zero()), d * (y + splat(1)), d); }
};

struct Gelu {
  static SHARED_INLINE V activate(V z) { return z * normal_cdf(z); }
  static SHARED_INLINE V back(V, V z, V d) { return d * fma(z, normal_density(z), normal_cdf(z)); }
};

// Calls `work(type)` with an object of the activation's type.
template <class Work>
SHARED_INLINE void with_type_of(mlp_activation activation, const Work& work) {
  switch (activation) {
    case MLP_LINEAR:
    case MLP_SOFTMAX: return work(Identity());
    case MLP_RELU: return work(Relu());
    case MLP_SIGMOID: return work(Sigmoid());
    case MLP_TANH: return work(Tanh());
    case MLP_SILU: return work(Silu());
    case MLP_MISH: return work(Mish());
    case MLP_LEAKY_RELU: return work(LeakyRelu());
    case MLP_ELU: return work(Elu());
    case MLP_GELU: return work(Gelu());
  }
  __builtin_unreachable();
}

// The two functions of an activation as objects, for the kernels.
template <class Activation>
struct Activate {
  SHARED_INLINE V operator()(V z) const { return Activation::activate(z); }
};
template <class Activation>
struct Back {
  SHARED_INLINE V operator()(V y, V z, V d) const { return Activation::back(y, z, d); }
};

// Calls `work(activate)`: `activate(z)` returns the outputs for 16 sums. For softmax, it returns the sums.
template <class Work>
SHARED_INLINE void with_activation(mlp_activation activation, const Work& work) {
  with_type_of(activation, [&](auto type) __attribute__((always_inline)) { work(Activate<decltype(type)>()); });
}

// Calls `work(back)`: `back(y, z, d)` returns the gradient of the sums from the gradient `d` of the outputs `y`. `z` may hold
// anything if the derivative does not need it. For softmax, it returns `d`.
template <class Work>
SHARED_INLINE void with_derivative(mlp_activation activation, const Work& work) {
  with_type_of(activation, [&](auto type) __attribute__((always_inline)) { work(Back<decltype(type)>()); });
}

}  // namespace MLP_ISA
