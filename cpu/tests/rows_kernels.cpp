// The functions of activations.hpp as kernels, for the tests; compiled for each instruction set.
#include "activations.hpp"

namespace MLP_ISA {

void test_activate(mlp_activation activation, const float* z, float* y, size_t count) {
  with_activation(activation, [&](auto activate) __attribute__((always_inline)) {
    for (size_t at = 0; at < count; at += LANES) store(y + at, activate(load(z + at)));
  });
}

void test_back(mlp_activation activation, const float* y, const float* z, float* d, size_t count) {
  with_derivative(activation, [&](auto back) __attribute__((always_inline)) {
    for (size_t at = 0; at < count; at += LANES) store(d + at, back(load(y + at), load(z + at), load(d + at)));
  });
}

}  // namespace MLP_ISA
