// deform: target[i] (S, S) = deformed source[i] (S, S), bytes. The same deformations, step by step, as those of the WebAssembly
// kernel in src/augment/kernel/, with the same bits.
//
// Split: by images. Numerics: whole numbers and IEEE + - * / on float32 and float64, in the order of that kernel. Where this one
// leaves pixels out, their ink is 0. Cost: one image of 28×28 takes about 1 µs (see README.md). Compared with the WebAssembly
// kernel by tests/augment/deformer_test.ts.
//
// Faster than one pixel after the other: the random numbers of 16 images are drawn at once, one stream in each lane. The four
// pixels around a position are one word, so that a vector of 16 positions is one gather.
#include "deform_bend.hpp"

namespace MLP_ISA {

namespace {

// Deforms one image with its numbers of the group: `draws` (FIRST_DRAWS, 16) from its lane on, `knots` (KNOTS, KNOT_COLUMN).
SHARED_INLINE void deform_one(const Deformation& op, const DeformMemory& memory, const uint8_t* source, uint8_t* target,
                              const uint32_t* draws, const float* knots) {
  const double* s = op.strengths;
  uint8_t* frame = memory.frames;
  copy_in(memory, source, frame);
  Ink ink = measure(memory, frame);
  if (ink.right < 0) {
    std::memcpy(target, source, static_cast<size_t>(op.side) * op.side);
    return;
  }
  const auto uniform = [&](int at) __attribute__((always_inline)) { return uniform_of(draws[LANES * at]); };
  const auto center = [](int64_t moment, int64_t sum) __attribute__((always_inline)) {
    return static_cast<double>(moment) / static_cast<double>(sum);
  };
  const int width = ink.right - ink.left, height = ink.bottom - ink.top;
  const double longest = (width > height ? width : height) + 1, unit = static_cast<double>(op.side) / 28;
  const double to_x = center(ink.x, ink.sum) + s[MLP_STRENGTH_SHIFT] * unit * spread_of(draws, DRAW_SHIFT_X);
  const double to_y = center(ink.y, ink.sum) + s[MLP_STRENGTH_SHIFT] * unit * spread_of(draws, DRAW_SHIFT_Y);
  if (uniform(DRAW_REDRAWN) < s[MLP_STRENGTH_REDRAWN]) {
    const double thinnest = s[MLP_STRENGTH_THINNEST], thickest = s[MLP_STRENGTH_THICKEST];
    frame = redraw(memory, ink.sum, unit * (thinnest + (thickest - thinnest) * uniform(DRAW_WIDTH)));
    if (frame != memory.frames) ink = measure(memory, frame);
  }
  const double contrast = 1 + s[MLP_STRENGTH_CONTRAST] * uniform(DRAW_CONTRAST);

  // The map is rotation times slant and stretch, ((a, b), (c, d)). The rotation comes from the tangent of half the angle, so that
  // no sine is needed. A stretch and its inverse are equally likely.
  const double half = s[MLP_STRENGTH_ROTATION] * spread_of(draws, DRAW_ROTATION) / 2;
  const double cos = (1 - half * half) / (1 + half * half), sin = 2 * half / (1 + half * half);
  const double slant = s[MLP_STRENGTH_SLANT] * spread_of(draws, DRAW_SLANT);
  const double h = s[MLP_STRENGTH_STRETCH] * spread_of(draws, DRAW_STRETCH) / 2, stretch = (1 + h) / (1 - h);
  const double a = cos * stretch, b = cos * slant - sin, c = sin * stretch, d = sin * slant + cos;
  const double scale = longest / extent(memory, ink, a, b, c, d), determinant = scale * (a * d - b * c);
  const double from_x = center(ink.x, ink.sum), from_y = center(ink.y, ink.sum);
  const double xx = d / determinant, xy = -b / determinant, yx = -c / determinant, yy = a / determinant;
  const Map map = {static_cast<float>(xx), static_cast<float>(xy), static_cast<float>(from_x - xx * to_x - xy * to_y),
                   static_cast<float>(yx), static_cast<float>(yy), static_cast<float>(from_y - yx * to_x - yy * to_y)};
  bend_lines(memory, knots);
  sample(memory, frame, ink, map, static_cast<float>(contrast), target);
}

}  // namespace

void deform(const Deformation& op, const DeformMemory& memory, Range images) {
  const size_t pixels = static_cast<size_t>(op.side) * op.side;
  const double deviation = op.strengths[MLP_STRENGTH_BEND] * (static_cast<double>(op.side) / 28);
  for (int first = images.first; first < images.last; first += LANES) {
    draw_group(op, memory, static_cast<uint32_t>(first), deviation);
    for (int lane = 0; lane < LANES && first + lane < images.last; lane++) {
      const size_t at = static_cast<size_t>(first + lane) * pixels;
      deform_one(op, memory, op.source + at, op.target + at, memory.draws + lane, memory.knots + lane * KNOTS * KNOT_COLUMN);
    }
  }
}

}  // namespace MLP_ISA
