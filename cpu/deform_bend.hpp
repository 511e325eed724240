// The random numbers of a group of images, the bend of an image (an elastic displacement), and the sampling of an image under an
// affine map and a bend. For deform.cpp alone.
#pragma once

#include <cstring>

#include "deform_frames.hpp"

namespace MLP_ISA {

namespace {

// The standard deviation of the bend between knots, if that of the knots is 1: the B-spline's mean of w² in two dimensions.
constexpr double SPLINE_DAMPING = 0.48;
constexpr double ROOT_3 = 1.7320508075688772;

// The generator of src/random.ts for 16 streams at once.
struct Random {
  W r0, r1, r2, r3;
};

SHARED_INLINE W mix32(W x) {
  x = (x ^ shift_right<16>(x)) * splat_words(0x85ebca6b);
  x = (x ^ shift_right<13>(x)) * splat_words(0xc2b2ae35);
  return x ^ shift_right<16>(x);
}

template <int n>
SHARED_INLINE W rotate_left(W x) {
  return shift_left<n>(x) | shift_right<32 - n>(x);
}

// Starts streams `first` to `first` + 15 of a seed.
SHARED_INLINE Random random_of(uint32_t seed, uint32_t first) {
  const W start = mix32(mix32(splat_words(seed)) ^ (splat_words(first) + lane_indices()));
  const auto word = [&](uint32_t n) __attribute__((always_inline)) { return mix32(start + splat_words(n * 0x9e3779b9u)); };
  return {word(1), word(2), word(3), word(4) | splat_words(1)};
}

// Returns the next number of each stream: 0 to below 2³², for 0 to below 1.
SHARED_INLINE W next(Random& r) {
  const W result = rotate_left<7>(r.r1 * splat_words(5)) * splat_words(9), shifted = shift_left<9>(r.r1);
  r.r2 = r.r2 ^ r.r0;
  r.r3 = r.r3 ^ r.r1;
  r.r1 = r.r1 ^ r.r2;
  r.r0 = r.r0 ^ r.r3;
  r.r2 = r.r2 ^ shifted;
  r.r3 = rotate_left<11>(r.r3);
  return result;
}

SHARED_INLINE double uniform_of(uint32_t draw) { return static_cast<double>(draw) / 4294967296.0; }

enum { DRAW_SHIFT_X = 0, DRAW_SHIFT_Y = 4, DRAW_REDRAWN = 8, DRAW_WIDTH = 9, DRAW_CONTRAST = 10, DRAW_ROTATION = 11,
       DRAW_SLANT = 15, DRAW_STRETCH = 19 };
static_assert(DRAW_STRETCH + 4 == FIRST_DRAWS, "four numbers make a spread");

// Draws the numbers of images `first` to `first` + 15: `draws`, of which the width counts only if the image is redrawn, and the
// knots of the bends.
SHARED_INLINE void draw_group(const Deformation& op, const DeformMemory& memory, uint32_t first, double deviation) {
  Random random = random_of(op.seed, first);
  const auto draw = [&](int at) __attribute__((always_inline)) { store_words(memory.draws + LANES * at, next(random)); };
  for (int at = 0; at < DRAW_WIDTH; at++) draw(at);
  // The other streams draw no width.
  uint32_t redrawn[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    redrawn[lane] = uniform_of(memory.draws[LANES * DRAW_REDRAWN + lane]) < op.strengths[MLP_STRENGTH_REDRAWN];
  }
  const M is_redrawn = equal(load_words(redrawn), splat_words(1));
  const Random before = random;
  draw(DRAW_WIDTH);
  random = {select(is_redrawn, random.r0, before.r0), select(is_redrawn, random.r1, before.r1),
            select(is_redrawn, random.r2, before.r2), select(is_redrawn, random.r3, before.r3)};
  for (int at = DRAW_CONTRAST; at < FIRST_DRAWS; at++) draw(at);

  const double unit = deviation / SPLINE_DAMPING * ROOT_3 / 2147483648.0;  // of 2 u - 1, which is a whole number / 2³¹
  const W half = splat_words(0x80000000u);
  for (int column = 0; column < KNOTS; column++) {
    float* knots = memory.by_lane + column * KNOT_COLUMN * LANES;
    for (int at = 0; at < KNOT_COLUMN; at++) {
      if (at % 8 == KNOTS) continue;
      alignas(64) uint32_t numbers[LANES];
      store_words(numbers, next(random) ^ half);
      for (int lane = 0; lane < LANES; lane++) {
        knots[LANES * at + lane] = static_cast<float>(unit * static_cast<double>(static_cast<int32_t>(numbers[lane])));
      }
    }
    transpose16(knots, LANES, memory.knots + column * KNOT_COLUMN, KNOTS * KNOT_COLUMN);
  }
}

// Returns a number that is nearly normal with mean 0 and standard deviation 1, of the draws from `at` on.
SHARED_INLINE double spread_of(const uint32_t* draws, int at) {
  const auto uniform = [&](int i) __attribute__((always_inline)) { return uniform_of(draws[LANES * (at + i)]); };
  return (uniform(0) + uniform(1) + uniform(2) + uniform(3) - 2) * ROOT_3;
}

// Returns the sum of w[i] p[i next].
SHARED_INLINE V splined(const float* p, size_t next, const V (&w)[4]) {
  const V first = w[0] * load(p) + w[1] * load(p + next);
  return first + (w[2] * load(p + 2 * next) + w[3] * load(p + 3 * next));
}

SHARED_INLINE void load_weights(const DeformMemory& memory, int x, V (&w)[4]) {
  for (int i = 0; i < 4; i++) w[i] = splat(memory.weights[4 * x + i]);
}

// Computes the bend of each row of knots along x from the knots of an image.
SHARED_INLINE void bend_lines(const DeformMemory& memory, const float* knots) {
  for (int x = 0; x < memory.side; x++) {
    V w[4];
    load_weights(memory, x, w);
    const float* column = knots + static_cast<int>(memory.spline_at(x)) * KNOT_COLUMN;
    store(memory.by_column + x * KNOT_COLUMN, splined(column, KNOT_COLUMN, w));
  }
  const int padded = round_up(memory.side, LANES);
  for (int x = 0; x < padded; x += LANES) {
    transpose16(memory.by_column + x * KNOT_COLUMN, KNOT_COLUMN, memory.lines + x, static_cast<size_t>(padded));
  }
}

// Interpolates between two bytes of each word, of which `here` begins at bit `at`, and `after` 8 bits later.
template <int at>
SHARED_INLINE V between(W quads, V share) {
  const W byte = splat_words(255);
  const V here = to_floats(shift_right<at>(quads) & byte), after = to_floats(shift_right<at + 8>(quads) & byte);
  return here + share * (after - here);
}

// The map from a pixel of the result to its place in the frame, before the bend.
struct Map {
  float xx, xy, x0, yx, yy, y0;
};

// Writes the image (S, S): pixel (x, y) is the frame at (xx x + xy y + x0, yx x + yy y + y0) plus the bend of (x, y).
SHARED_INLINE void sample(const DeformMemory& memory, uint8_t* frame, const Ink& ink, const Map& map, float contrast,
                          uint8_t* target) {
  const int side = memory.side, stride = memory.stride;
  for (int y = ink.first_y; y <= ink.last_y + 1; y++) {  // a frame's row y is the image's row y - 1
    const uint8_t* row = frame + static_cast<size_t>(y) * stride;
    for (int x = 0; x < stride; x += BYTES) {
      const uint8_t* p = row + x;
      store_interleaved(memory.quads + static_cast<size_t>(y) * stride + x, load_bytes(p), load_bytes(p + 1),
                        load_bytes(p + stride), load_bytes(p + stride + 1));
    }
  }
  const size_t padded = static_cast<size_t>(round_up(side, LANES));
  const V step_x = splat(map.xx), step_y = splat(map.yx), row_words = splat(static_cast<float>(stride));
  // Position p interpolates pixels ⌊p⌋ - 1 and ⌊p⌋ of the image. Outside of these limits, the result is 0.
  const V least_x = splat(static_cast<float>(ink.first_x)), least_y = splat(static_cast<float>(ink.first_y));
  const V end_x = splat(static_cast<float>(ink.last_x + 2)), end_y = splat(static_cast<float>(ink.last_y + 2));
  const V gain = splat(contrast), gray = splat(128), white = splat(255), half = splat(0.5f), lanes = to_floats(lane_indices());
  for (int y = 0; y < side; y++) {
    V w[4];
    load_weights(memory, y, w);
    const float* line = memory.lines + static_cast<size_t>(static_cast<int>(memory.spline_at(y))) * padded;
    const float row = static_cast<float>(y);
    const V start_x = splat(map.x0 + map.xy * row + 1), start_y = splat(map.y0 + map.yy * row + 1);
    // A vector may end beyond its row, in the next one, which is written later.
    uint8_t* to = y + 1 < side ? target + static_cast<size_t>(y) * side : memory.row;
    for (int x = 0; x < side; x += LANES) {
      const V at = splat(static_cast<float>(x)) + lanes;
      const V px = (start_x + step_x * at) + splined(line + x, padded, w);
      const V py = (start_y + step_y * at) + splined(line + 8 * padded + x, padded, w);
      const M is_inside = greater_equal(px, least_x) & less(px, end_x) & greater_equal(py, least_y) & less(py, end_y);
      if (!any(is_inside)) {
        store_as_bytes(to + x, splat_words(0));
        continue;
      }
      const V floor_x = floor(px), floor_y = floor(py), share_x = px - floor_x, share_y = py - floor_y;
      const W quads = gather_words(memory.quads, keep(is_inside, to_words(fma(floor_y, row_words, floor_x))));
      const V upper = between<0>(quads, share_x), lower = between<16>(quads, share_x);
      V value = upper + share_y * (lower - upper);
      value = (value - gray) * gain + gray;
      value = min(max(value, zero()), white) + half;
      store_as_bytes(to + x, keep(is_inside, to_words(value)));
    }
  }
  std::memcpy(target + static_cast<size_t>(side - 1) * side, memory.row, static_cast<size_t>(side));
}

}  // namespace

}  // namespace MLP_ISA
