/* Deformed images for augmentation: a function that libmlpcpu has besides those of mlp.h, which describes statuses, errors and
 * sizes. Image i of the result depends only on the seed, i and its pixels. It has the same bits with every instruction set and
 * number of threads, and as the WebAssembly kernel of `src/augment/kernel/`, whose `main.ts` describes the deformations. */
#ifndef MLP_DEFORM_H
#define MLP_DEFORM_H

#include "mlp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The strengths of the deformations, in the order of `strengths`; `Strengths` of `src/augment/augmenter.ts` describes each. All
 * are finite, and the contrast is not negative. */
enum {
  MLP_STRENGTH_ROTATION = 0,
  MLP_STRENGTH_SLANT = 1,
  MLP_STRENGTH_STRETCH = 2,
  MLP_STRENGTH_SHIFT = 3,
  MLP_STRENGTH_BEND = 4,
  MLP_STRENGTH_REDRAWN = 5,
  MLP_STRENGTH_THINNEST = 6,
  MLP_STRENGTH_THICKEST = 7,
  MLP_STRENGTH_CONTRAST = 8,
  MLP_STRENGTHS = 9
};

/* The sides of images that can be deformed. */
enum { MLP_MIN_SIDE = 8, MLP_MAX_SIDE = 256 };

/* Deforms the images `source` (N, side, side) into `target` (N, side, side), which must not overlap; `count` is the number of
 * pixels of each. The pixels are bright ink on black. `instruction_set` is one of `enum mlp_instruction_set`; `threads` is as in
 * mlp_plan_set_threads. The call ends soon, and leaves the rest of `target` as it is, if another thread sets `*stop` to a number
 * that is not 0 meanwhile; it must be 0 before. Any number of calls may run at once. */
int32_t mlp_deform_images(int32_t instruction_set, uint32_t threads, const uint8_t *source, uint8_t *target, uint64_t count,
                          uint32_t side, uint32_t seed, const double *strengths, uint64_t strength_count, const int32_t *stop,
                          char *error, uint32_t error_size);

#ifdef __cplusplus
}
#endif
#endif
