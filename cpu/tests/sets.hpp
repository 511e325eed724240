// The instruction sets of this build, for tests with functions of vectors of their own.
#pragma once

#include "instruction_set.hpp"

// Writes use(namespace, number) for each.
#if defined(__x86_64__)
#define FOR_EACH_SET(use) use(avx2, MLP_AVX2) use(avx512, MLP_AVX512)
#else
#define FOR_EACH_SET(use) use(neon, MLP_NEON)
#endif
