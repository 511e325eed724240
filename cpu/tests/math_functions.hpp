// The functions of math.hpp as functions of arrays, for math_test.cpp.
#pragma once

#include "sets.hpp"

// Compute 16 numbers, aligned to 64 bytes.
struct MathFunctions {
  void (*exp)(const float* from, float* to);
  void (*expm1)(const float* from, float* to);
  void (*log)(const float* from, float* to);
  void (*log1p)(const float* from, float* to);
  void (*tanh)(const float* from, float* to);
  void (*sigmoid)(const float* from, float* to);
  void (*normal_cdf)(const float* from, float* to);
};

#define DECLARE(isa, number)                   \
  namespace isa {                              \
  extern const MathFunctions MATH_FUNCTIONS;   \
  }
FOR_EACH_SET(DECLARE)
#undef DECLARE
