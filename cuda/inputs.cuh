// Reading the rows that a layer takes: a buffer of the plan, or rows of the data set, which are bytes or floats and are scaled
// when read. A number that is fetched is not converted until it is needed, so that no instruction waits for it before that.
#pragma once

#include <type_traits>

#include "step.cuh"

// How numbers are fetched. `bytes` and `floats`: four at a time, for rows of a multiple of four numbers. `any`: each on its own.
enum class InputKind { bytes, floats, any };

// The rows that a layer reads: a buffer of the plan, or rows of the data set in the epoch's order.
struct InputSource {
  const void* values;     // (B, I) floats, or (N, I) bytes or floats of the data set
  const uint32_t* order;  // row numbers of the epoch; null if the rows are read in the order of `values`
  int in_features;
  float scale;
  bool from_set;  // true if `values` is the data set
  bool bytes;     // true if `values` are bytes

  InputKind kind() const {
    return in_features % 4 != 0 ? InputKind::any : bytes ? InputKind::bytes : InputKind::floats;
  }
  // Returns the row of `values` that is row `row` of the batch, which must be one of its rows.
  __device__ __forceinline__ size_t row_of(const Batch& batch, int row) const {
    return order ? order[batch.first + row] : (from_set ? batch.first : 0) + static_cast<size_t>(row);
  }
};

inline InputSource buffer_source(const float* x, int in_features) { return {x, nullptr, in_features, 1, false, false}; }

// Calls `work(kind)` with the kind as a type, `decltype(kind)::value`.
template <class Work>
auto with_input_kind(InputKind kind, const Work& work) {
  switch (kind) {
    case InputKind::bytes: return work(std::integral_constant<InputKind, InputKind::bytes>{});
    case InputKind::floats: return work(std::integral_constant<InputKind, InputKind::floats>{});
    case InputKind::any: return work(std::integral_constant<InputKind, InputKind::any>{});
  }
  __builtin_unreachable();
}

// Four numbers as fetched: bytes in one word, or floats.
template <InputKind KIND>
using Raw = std::conditional_t<KIND == InputKind::bytes, uint32_t, float4>;

// Returns the address of row `row` of `values`.
template <InputKind KIND>
__device__ __forceinline__ const void* address_of_row(const InputSource& source, size_t row) {
  const size_t at = row * source.in_features;
  const bool bytes = KIND == InputKind::bytes || (KIND == InputKind::any && source.bytes);
  return static_cast<const unsigned char*>(source.values) + (bytes ? at : at * sizeof(float));
}

// Fetches four numbers of a row from number `i`, a multiple of 4; zeros from number `end` on.
template <InputKind KIND>
__device__ __forceinline__ Raw<KIND> fetch_raw(const InputSource& source, const void* row, int i, int end) {
  if (i >= end) return {};
  if constexpr (KIND == InputKind::bytes) {
    return *reinterpret_cast<const uint32_t*>(static_cast<const unsigned char*>(row) + i);
  } else if constexpr (KIND == InputKind::floats) {
    return *reinterpret_cast<const float4*>(static_cast<const float*>(row) + i);
  } else {
    const auto number = [&](int j) -> float {
      if (i + j >= end) return 0;
      return source.bytes ? static_cast<const unsigned char*>(row)[i + j] : static_cast<const float*>(row)[i + j];
    };
    return make_float4(number(0), number(1), number(2), number(3));
  }
}

// Converts fetched numbers to floats and scales them.
template <InputKind KIND>
__device__ __forceinline__ float4 convert_raw(const Raw<KIND>& raw, float scale) {
  if constexpr (KIND == InputKind::bytes) {
    return make_float4(static_cast<float>(raw & 255) * scale, static_cast<float>(raw >> 8 & 255) * scale,
                       static_cast<float>(raw >> 16 & 255) * scale, static_cast<float>(raw >> 24) * scale);
  } else {
    return make_float4(raw.x * scale, raw.y * scale, raw.z * scale, raw.w * scale);
  }
}
