// The masks of dropout. `isKept()` of `src/random.ts` defines which values are kept; all arithmetic for it is in 32-bit
// integers, so that every backend drops the same values.
#pragma once

#include <cmath>

#include <cstdint>

#include "shared/inline.hpp"

// A dropout as it is recorded. Its mask is a function of seed, layer, step, row of the batch and column.
struct DropoutSettings {
  double rate;  // share of the values that become 0, from 0 to below 1
  uint32_t seed, layer;
};
SHARED_INLINE bool operator==(const DropoutSettings& a, const DropoutSettings& b) {
  return a.rate == b.rate && a.seed == b.seed && a.layer == b.layer;
}

// Returns 32 mixed bits: neighboring inputs give unrelated outputs (the finalizer of MurmurHash3, a bijection).
SHARED_INLINE uint32_t mix32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

// A dropout as the kernels use it.
struct DropoutMask {
  uint32_t mixed_seed, layer;
  uint32_t threshold;  // a value whose mixed bits are below it becomes 0
  float scale;         // factor of the kept values, 1 / (1 - rate)

  // Returns the key of a row in a step, which counts from 1 since training began.
  SHARED_INLINE uint32_t key(uint32_t step, int row) const {
    return mix32(mix32(mix32(mixed_seed ^ step) ^ layer) ^ static_cast<uint32_t>(row));
  }
  // Returns the value of a column after dropout, in the row with this key.
  SHARED_INLINE float apply(uint32_t key, int column, float value) const {
    const uint32_t number = mix32(key + static_cast<uint32_t>(column) * 0x9e3779b9u);
    return number >= threshold ? value * scale : 0.0f;
  }
};
inline DropoutMask mask_of(const DropoutSettings& dropout) {
  return {mix32(dropout.seed), dropout.layer, static_cast<uint32_t>(std::floor(dropout.rate * 4294967296.0)),
          static_cast<float>(1 / (1 - dropout.rate))};
}
