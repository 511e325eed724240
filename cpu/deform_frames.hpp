// Frames: an image with a border of blank pixels. Measures the ink of a frame, and makes its lines thinner or thicker. For
// deform.cpp alone.
#pragma once

#include <cstring>

#include "bytes.hpp"
#include "deform.hpp"

namespace MLP_ISA {

namespace {

constexpr int FAINT = 16;                     // ink that is not brighter is not part of the extent
constexpr double CROSS = 1, SQUARE = 1.2;     // growth of a line's half width by a dilation over 4 neighbors, and over 8
constexpr int LEAST_PEAK = 48;                // an erosion that leaves fainter lines is not made

struct Ink {
  int64_t sum, x, y;                          // of the pixels, and their moments
  int left, right, top, bottom;               // the extent of pixels brighter than FAINT; right is -1 if there are none
  int first_x, last_x, first_y, last_y;       // the extent of all pixels that are not 0
};

SHARED_INLINE double least(double a, double b) { return a < b ? a : b; }
SHARED_INLINE double most(double a, double b) { return a > b ? a : b; }

// Copies an image (S, S) into a frame.
SHARED_INLINE void copy_in(const DeformMemory& memory, const uint8_t* image, uint8_t* frame) {
  const int side = memory.side;
  for (int y = 0; y + 1 < side; y++, image += side) {
    uint8_t* to = memory.row_of(frame, y) + 1;
    int x = 0;
    // Reads beyond a row, but not beyond the image, and blanks the border.
    for (; x < side && (side - y) * side - x >= BYTES; x += BYTES) {
      store_bytes(to + x, load_bytes(image + x) & load_bytes(memory.mask + 1 + x));
    }
    for (; x < side; x++) to[x] = image[x];
  }
  std::memcpy(memory.row_of(frame, side - 1) + 1, image, static_cast<size_t>(side));
}

// Measures a frame, and the extent of each row.
SHARED_INLINE Ink measure(const DeformMemory& memory, uint8_t* frame) {
  const int side = memory.side;
  const B one = splat_bytes(1), dark = splat_bytes(FAINT + 1);
  uint8_t numbers[BYTES];
  for (int i = 0; i < BYTES; i++) numbers[i] = static_cast<uint8_t>(i);
  const B column = load_bytes(numbers);
  Ink ink = {0, 0, 0, side, -1, side, -1, side, -1, side, -1};
  for (int block = 0; block < memory.stride; block += BYTES) {
    // The moment of y is S times the sum, less the sums up to each row.
    S sum = no_sum(), up_to = no_sum(), products = no_sum();
    B any = splat_bytes(0);
    uint32_t any_dark = 0;
    for (int y = 0; y < side; y++) {
      const B v = load_bytes(memory.row_of(frame, y) + block);
      sum = sum + sum_of(v);
      up_to = up_to + sum;
      products = products + sum_of_products(v, column);
      any = any | v;
      if (bits_from(v, one) != 0) {
        ink.first_y = ink.first_y < y ? ink.first_y : y;
        ink.last_y = ink.last_y > y ? ink.last_y : y;
      }
      const uint32_t found = bits_from(v, dark);
      any_dark |= found;
      const double first = block + (found ? __builtin_ctz(found) : 0) - 1, last = block + 30 - (found ? __builtin_clz(found) : 0);
      if (block == 0 || memory.first[y] < 0) memory.first[y] = found ? first : -1;
      if (found) {
        memory.last[y] = last;
        ink.top = ink.top < y ? ink.top : y;
        ink.bottom = ink.bottom > y ? ink.bottom : y;
      }
    }
    const int64_t all = total(sum);
    ink.sum += all;
    ink.x += total(products) + (block - 1) * all;
    ink.y += side * all - total(up_to);
    const uint32_t found = bits_from(any, one);
    if (found) {
      const int last = block + 30 - __builtin_clz(found), first = block + __builtin_ctz(found) - 1;
      ink.first_x = ink.first_x < first ? ink.first_x : first;
      ink.last_x = last;
    }
    if (any_dark) {
      const int first = block + __builtin_ctz(any_dark) - 1;
      ink.left = ink.left < first ? ink.left : first;
      ink.right = block + 30 - __builtin_clz(any_dark);
    }
  }
  return ink;
}

// Sets each pixel to the largest (if `thicker`, else the smallest) of itself and its four neighbors, or eight if `square`.
// Returns the sum of all pixels.
template <bool thicker, bool square>
SHARED_INLINE int64_t spread_ink(const DeformMemory& memory, uint8_t* from, uint8_t* to) {
  const auto outer = [](B a, B b) __attribute__((always_inline)) { return thicker ? max(a, b) : min(a, b); };
  const size_t stride = static_cast<size_t>(memory.stride);
  S sum = no_sum();
  for (int y = 0; y < memory.side; y++) {
    const uint8_t* row = memory.row_of(from, y);
    uint8_t* out = memory.row_of(to, y);
    for (size_t x = 0; x < stride; x += BYTES) {
      const uint8_t *p = row + x, *above = p - stride, *below = p + stride;
      B v = outer(outer(load_bytes(p - 1), load_bytes(p + 1)), load_bytes(p));
      v = outer(v, outer(load_bytes(above), load_bytes(below)));
      if (square) {
        v = outer(v, outer(load_bytes(above - 1), load_bytes(above + 1)));
        v = outer(v, outer(load_bytes(below - 1), load_bytes(below + 1)));
      }
      v = v & load_bytes(memory.mask + x);
      store_bytes(out + x, v);
      sum = sum + sum_of(v);
    }
  }
  return total(sum);
}

// Computes to = from + share (to - from), with the share in 256ths. Returns the largest pixel.
SHARED_INLINE int mix(const DeformMemory& memory, uint8_t* from, uint8_t* to, double share) {
  const int parts = static_cast<int>(256 * share + 0.5);
  const H much = splat_halves(static_cast<uint16_t>(parts)), little = splat_halves(static_cast<uint16_t>(256 - parts));
  const H round = splat_halves(128);
  B peak = splat_bytes(0);
  const size_t end = static_cast<size_t>(memory.side) * memory.stride;
  uint8_t *p = memory.row_of(from, 0), *out = memory.row_of(to, 0);
  for (size_t x = 0; x < end; x += BYTES) {
    const H sum = widen(load_bytes(p + x)) * little + widen(load_bytes(out + x)) * much;
    const B v = narrow(shift_right<8>(sum + round));
    store_bytes(out + x, v);
    peak = max(peak, v);
  }
  return max_lane(peak);
}

// Scales a frame so that its largest pixel, `peak`, becomes 255 or slightly less.
SHARED_INLINE void brighten(const DeformMemory& memory, uint8_t* frame, int peak) {
  const H gain = splat_halves(static_cast<uint16_t>(65280 / peak));  // 255 in 256ths
  const size_t end = static_cast<size_t>(memory.side) * memory.stride;
  uint8_t* p = memory.row_of(frame, 0);
  for (size_t x = 0; x < end; x += BYTES) store_bytes(p + x, narrow(shift_right<8>(widen(load_bytes(p + x)) * gain)));
}

// Brings the lines of the first frame, with `sum` as the sum of its pixels, to a width of about `width` pixels. Returns the frame
// with the result.
SHARED_INLINE uint8_t* redraw(const DeformMemory& memory, int64_t sum, double width) {
  uint8_t *const original = memory.frames, *from = original, *to = original + memory.frame_bytes;
  uint8_t* spare = to + memory.frame_bytes;
  const int64_t more = spread_ink<true, false>(memory, original, to) - sum;
  double missing = (width - 2 * static_cast<double>(sum) / static_cast<double>(more > 1 ? more : 1)) / 2;
  if (missing < 0) {
    spread_ink<false, false>(memory, original, to);
    const int peak = mix(memory, original, to, least(1, -missing));
    if (peak < LEAST_PEAK) return original;
    brighten(memory, to, peak);
    return to;
  }
  bool square = false;
  double step = CROSS;
  while (missing > step) {
    missing -= step;
    square = !square, step = square ? SQUARE : CROSS;
    uint8_t* const next = from == original ? spare : from;
    from = to, to = next;
    if (square) {
      spread_ink<true, true>(memory, from, to);
    } else {
      spread_ink<true, false>(memory, from, to);
    }
  }
  mix(memory, from, to, missing / step);
  return to;
}

// Returns the longest side, in pixels, of the measured frame's ink under the map ((a, b), (c, d)).
SHARED_INLINE double extent(const DeformMemory& memory, const Ink& ink, double a, double b, double c, double d) {
  // a x is smallest at a row's first pixel, or at its last one if a is negative.
  const double *low_x = a < 0 ? memory.last : memory.first, *high_x = a < 0 ? memory.first : memory.last;
  const double *low_y = c < 0 ? memory.last : memory.first, *high_y = c < 0 ? memory.first : memory.last;
  double least_x = __builtin_inf(), most_x = -least_x, least_y = least_x, most_y = -least_x;
  for (int y = ink.top; y <= ink.bottom; y++) {
    if (memory.first[y] < 0) continue;
    const double w = y;
    least_x = least(least_x, a * low_x[y] + b * w), most_x = most(most_x, a * high_x[y] + b * w);
    least_y = least(least_y, c * low_y[y] + d * w), most_y = most(most_y, c * high_y[y] + d * w);
  }
  // The extent of a pixel itself, which is a square, is added.
  const double x = most_x - least_x + __builtin_fabs(a) + __builtin_fabs(b);
  const double y = most_y - least_y + __builtin_fabs(c) + __builtin_fabs(d);
  return most(x, y);
}

}  // namespace

}  // namespace MLP_ISA
