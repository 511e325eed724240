// The functions of math.hpp as functions of arrays; compiled for each instruction set.
#include "math.hpp"

#include "math_functions.hpp"

namespace MLP_ISA {

#define OF_ARRAYS(name) [](const float* from, float* to) { store(to, name(load(from))); }

const MathFunctions MATH_FUNCTIONS = {OF_ARRAYS(exp),  OF_ARRAYS(expm1),   OF_ARRAYS(log),       OF_ARRAYS(log1p),
                                      OF_ARRAYS(tanh), OF_ARRAYS(sigmoid), OF_ARRAYS(normal_cdf)};

}  // namespace MLP_ISA
