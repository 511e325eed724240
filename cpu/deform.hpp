// The arguments and the working memory of the kernel that deforms images (deform.cpp).
#pragma once

#include "deform.h"
#include "panels.hpp"

// Images (N, S, S) of bytes, bright ink on black. Image i depends only on the seed, i and its pixels.
struct Deformation {
  const uint8_t* source;
  uint8_t* target;
  int side;  // S, from MLP_MIN_SIDE to MLP_MAX_SIDE
  uint32_t seed;
  double strengths[MLP_STRENGTHS];
};

constexpr int KNOTS = 7;         // of the bend along an axis; each quarter of the axis depends on four of them
constexpr int KNOT_COLUMN = 16;  // numbers of a column of knots: 7 for x, one unused, 7 for y, one unused
constexpr int FIRST_DRAWS = 23;  // random numbers of an image before those of its bend

// The working memory of a thread. Images are deformed in groups of 16, one in each lane of the random numbers.
struct DeformMemory {
  int side, stride;            // T, bytes of a row of a frame: S + 2, rounded up to whole vectors
  size_t frame_bytes;          // from a frame to the next one
  uint8_t* frames = nullptr;   // three of (S + 2, T) with a blank border, and blank bytes between them
  uint8_t* mask = nullptr;     // (T + 64), 255 for the pixels of a row, else 0
  uint8_t* row = nullptr;      // an image's last row, padded
  uint32_t* quads = nullptr;   // (S + 2, T): a pixel of a frame and its right, lower and lower right neighbor, a byte each
  uint32_t* draws = nullptr;   // (FIRST_DRAWS, 16)
  float* by_lane = nullptr;    // (KNOTS, KNOT_COLUMN, 16), knots of the group
  float* knots = nullptr;      // (16, KNOTS, KNOT_COLUMN), the same by image
  float* weights = nullptr;    // (S, 4), the weights of the spline
  float* by_column = nullptr;  // (P, KNOT_COLUMN), the bend of each row of knots; P is S, rounded up to whole vectors
  float* lines = nullptr;      // (KNOT_COLUMN, P), the same by row of knots
  double* first = nullptr;     // (S), the first inked pixel of each row, -1 if there is none
  double* last = nullptr;      // (S)
  size_t bytes;                // of all

  // Divides the memory from `base` on, aligned to 64 bytes. `base` is null if only the size is needed.
  SHARED_INLINE DeformMemory(int image_side, uint8_t* base) : side(image_side), stride(round_up(image_side + 2, 32)) {
    constexpr size_t LINE = 64;
    const size_t s = static_cast<size_t>(side), t = static_cast<size_t>(stride);
    const size_t padded = static_cast<size_t>(round_up(side, LANES));
    size_t at = 0;
    const auto take = [&](size_t count) __attribute__((always_inline)) {
      const size_t from = at;
      at += (count + LINE - 1) / LINE * LINE;
      return from;
    };
    // Neighbors of a frame's first and last byte are read, too.
    frame_bytes = (s + 2) * t + LINE;
    const size_t frames_at = take(3 * frame_bytes + LINE) + LINE, mask_at = take(t + LINE), row_at = take(padded + LANES);
    const size_t quads_at = take(4 * (s + 2) * t), draws_at = take(4 * FIRST_DRAWS * LANES);
    const size_t by_lane_at = take(4 * KNOTS * KNOT_COLUMN * LANES), knots_at = take(4 * KNOTS * KNOT_COLUMN * LANES);
    const size_t weights_at = take(4 * 4 * s), by_column_at = take(4 * KNOT_COLUMN * padded);
    const size_t lines_at = take(4 * KNOT_COLUMN * padded), first_at = take(8 * s), last_at = take(8 * s);
    bytes = at;
    if (!base) return;
    frames = base + frames_at, mask = base + mask_at, row = base + row_at;
    quads = reinterpret_cast<uint32_t*>(base + quads_at), draws = reinterpret_cast<uint32_t*>(base + draws_at);
    by_lane = reinterpret_cast<float*>(base + by_lane_at), knots = reinterpret_cast<float*>(base + knots_at);
    weights = reinterpret_cast<float*>(base + weights_at), by_column = reinterpret_cast<float*>(base + by_column_at);
    lines = reinterpret_cast<float*>(base + lines_at);
    first = reinterpret_cast<double*>(base + first_at), last = reinterpret_cast<double*>(base + last_at);
  }

  // Returns the address before pixel (0, y) of a frame: pixel (x, y) is at rows_of(frame, y)[x + 1].
  SHARED_INLINE uint8_t* row_of(uint8_t* frame, int y) const { return frame + static_cast<size_t>(y + 1) * stride; }
  // Returns the position of pixel x between the knots: from 0 to below 4.
  SHARED_INLINE float spline_at(int x) const { return 4.0f * static_cast<float>(x) / static_cast<float>(side); }
};
