// Dropout, against a second implementation of its masks and against some masks of `isKept()` of src/random.ts. kernels_test.cpp
// tests its backward pass.
#pragma once

#include "check.hpp"

inline uint32_t mixed(uint32_t x) {
  x ^= x >> 16;
  x *= 0x85ebca6b;
  x ^= x >> 13;
  x *= 0xc2b2ae35;
  return x ^ x >> 16;
}

inline bool is_kept(const DropoutSettings& dropout, uint32_t step, uint32_t row, uint32_t column) {
  const uint32_t key = mixed(mixed(mixed(mixed(dropout.seed) ^ step) ^ dropout.layer) ^ row);
  return mixed(key + column * 0x9e3779b9) >= static_cast<uint32_t>(dropout.rate * 4294967296.0);
}

// Tests the masks of some rows: bit c of `kept` is `isKept()` of src/random.ts for column c.
inline void test_masks() {
  const struct {
    DropoutSettings dropout;
    uint32_t step;
    int row;
    uint64_t kept;
  } rows[] = {{{0.5, 1, 0}, 1, 0, 0xd666045049947479},
              {{0.2, 7, 2}, 1000003, 5, 0xfffbff5ae7cef7ff},
              {{0.9, UINT32_MAX, 3}, 1, 127, 0x100000142408}};  // step 2^32 + 1 has the same mask
  for (const auto& row : rows) {
    const DropoutMask mask = mask_of(row.dropout);
    const uint32_t key = mask.key(row.step, row.row);
    uint64_t kept = 0, again = 0;
    for (int column = 0; column < 64; column++) {
      kept |= uint64_t(mask.apply(key, column, 1) != 0) << column;
      again |= uint64_t(is_kept(row.dropout, row.step, row.row, column)) << column;
    }
    expect(kept == row.kept && again == row.kept, "the mask of seed " + std::to_string(row.dropout.seed));
  }
  const DropoutSettings dropout = {0.3, 1, 0};
  const DropoutMask mask = mask_of(dropout);
  for (int column = 0; column < 64; column++) {
    const float found = mask.apply(mask.key(1, 0), column, NAN);
    expect(is_kept(dropout, 1, 0, column) ? std::isnan(found) : found == 0, "a dropped value is 0, even if it was NaN");
  }
  expect(mask_of({0, 1, 0}).threshold == 0 && mask_of({0, 1, 0}).scale == 1, "a rate of 0 drops nothing");
}

inline void test_dropout(const Size& size) {
  const DropoutSettings dropout = {0.3, 5, 1};
  const uint32_t steps_before = 41;
  const ByteSet set(size);
  Step step(size.batch, size.rows, 4, steps_before);
  Matrix x(size.batch * size.in), y(size.batch * size.in), from_set(size.batch * size.in);
  check(launch_dropout(step.site, {buffer_source(x.get(), size.in), y.get(), mask_of(dropout)}));
  check(launch_dropout(step.site, {set.source(), from_set.get(), mask_of(dropout)}));
  std::vector<double> wanted(y.values.begin(), y.values.end()), wanted_set(from_set.values.begin(), from_set.values.end());
  for (int row = 0; row < size.rows; row++) {
    for (int i = 0; i < size.in; i++) {
      const int at = row * size.in + i;
      const double factor = is_kept(dropout, steps_before + 1, row, i) ? 1 / 0.7 : 0;
      wanted[at] = factor * x.values[at];
      wanted_set[at] = factor * set.input(row, i);
    }
  }
  expect_near(y.read(), wanted, 2e-7, text("dropout", size));
  expect_near(from_set.read(), wanted_set, 2e-7, text("dropout from the data set", size));
}
