// Four numbers at a time, and several loads in flight.
#pragma once

#include "prims.cuh"

__device__ __forceinline__ float4& operator+=(float4& sum, const float4& v) {
  sum.x += v.x;
  sum.y += v.y;
  sum.z += v.z;
  sum.w += v.w;
  return sum;
}

// Adds factor * v to `sum`.
__device__ __forceinline__ void add_product(float4& sum, float factor, const float4& v) {
  sum.x += factor * v.x;
  sum.y += factor * v.y;
  sum.z += factor * v.z;
  sum.w += factor * v.w;
}

// Returns four numbers from `from`, and zeros for those from `count` on. `aligned`: `from` is a multiple of 16 bytes and
// `count` one of 4.
__device__ __forceinline__ float4 load_four(const float* from, int count, bool aligned) {
  float4 v = make_float4(0, 0, 0, 0);
  if (count <= 0) return v;
  if (aligned) return *reinterpret_cast<const float4*>(from);
  v.x = from[0];
  if (count > 1) v.y = from[1];
  if (count > 2) v.z = from[2];
  if (count > 3) v.w = from[3];
  return v;
}

// Writes the first `count` of four numbers.
__device__ __forceinline__ void store_four(float* to, const float4& v, int count, bool aligned) {
  if (count <= 0) return;
  if (aligned) {
    *reinterpret_cast<float4*>(to) = v;
    return;
  }
  to[0] = v.x;
  if (count > 1) to[1] = v.y;
  if (count > 2) to[2] = v.z;
  if (count > 3) to[3] = v.w;
}

// Returns `v`, or zeros if not `inside`.
__device__ __forceinline__ float4 four_if(bool inside, const float4& v) {
  return make_float4(inside ? v.x : 0, inside ? v.y : 0, inside ? v.z : 0, inside ? v.w : 0);
}

// Several loads are in flight only if there is no branch between them, so the loops below load from the last place again instead
// of not at all, and test afterwards.

// Returns the sum of `count` numbers, or groups of four, that are `stride` floats apart, added in order. `count` is at least 1.
template <class Vector>
__device__ __forceinline__ Vector sum_of_parts(const float* from, size_t stride, int count) {
  constexpr int AT_ONCE = 8;
  Vector sum = {};
  for (int first = 0; first < count; first += AT_ONCE) {
    Vector held[AT_ONCE];
    UNROLL for (int k = 0; k < AT_ONCE; k++) {
      held[k] = *reinterpret_cast<const Vector*>(from + min(first + k, count - 1) * stride);
    }
    UNROLL for (int k = 0; k < AT_ONCE; k++) {
      if (first + k < count) sum += held[k];
    }
  }
  return sum;
}

// Returns four sums of `parts` partial sums, `part` floats apart; those from `count` on are 0.
__device__ __forceinline__ float4 four_sums(const float* from, size_t part, int parts, int count, bool aligned) {
  if (aligned) return sum_of_parts<float4>(from, part, parts);
  float sums[4] = {};
  UNROLL for (int j = 0; j < 4; j++) {
    if (j < count) sums[j] = sum_of_parts<float>(from + j, part, parts);
  }
  return make_float4(sums[0], sums[1], sums[2], sums[3]);
}

// Calls `store(item, load(item))` for items 0 to count - 1, divided among THREADS threads. Each has AT_ONCE loads in flight if `load`
// has no branch; the last item may be loaded several times.
template <int THREADS, int AT_ONCE, class Load, class Store>
__device__ __forceinline__ void move_items(int count, const Load& load, const Store& store) {
  for (int base = threadIdx.x; base < count; base += AT_ONCE * THREADS) {
    decltype(load(0)) held[AT_ONCE];
    UNROLL for (int n = 0; n < AT_ONCE; n++) held[n] = load(min(base + n * THREADS, count - 1));
    UNROLL for (int n = 0; n < AT_ONCE; n++) {
      if (base + n * THREADS < count) store(base + n * THREADS, held[n]);
    }
  }
}

// Copies a rectangle of a matrix to shared memory: `rows` rows from `from` on, `stride` floats apart, and of each 2^shift numbers, of
// which those from `columns` on become 0. shift is at least 2; aligned: stride, columns and the address are multiples of 4 floats.
template <int THREADS>
__device__ __forceinline__ void copy_rectangle(const float* from, int stride, int rows, int columns, int shift, bool aligned, float* to) {
  const int fours = shift - 2, mask = (1 << fours) - 1;
  const auto store = [&](int item, const float4& v) { *reinterpret_cast<float4*>(to + 4 * item) = v; };
  if (aligned) {
    move_items<THREADS, 4>(
        rows << fours,
        [&](int item) {
          const int column = 4 * (item & mask);
          const float* at = from + static_cast<size_t>(item >> fours) * stride + min(column, columns - 4);
          return four_if(column < columns, *reinterpret_cast<const float4*>(at));
        },
        store);
  } else {
    move_items<THREADS, 1>(
        rows << fours,
        [&](int item) {
          const int column = 4 * (item & mask);
          return load_four(from + static_cast<size_t>(item >> fours) * stride + column, columns - column, false);
        },
        store);
  }
}
