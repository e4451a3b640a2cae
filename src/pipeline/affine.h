/// affine.h: a picture moved, stretched or turned about its middle, in integers: the same bits everywhere.
#ifndef SIAM_PIPELINE_AFFINE_H
#define SIAM_PIPELINE_AFFINE_H

#include "data/images.h"

enum { SIAM_AFFINE_ONE = 65536 };

/// Where a pixel of the output comes from: both places are counted from the middle of the picture, the
/// factors in 1/65536, the shift in 1/65536 of a side.
typedef struct siam_affine {
  int32_t xx, xy, yx, yy; ///< source x = xx · x + xy · y + shift_x; source y = yx · x + yy · y + shift_y.
  int32_t shift_x, shift_y;
} siam_affine;

/// Bilinear, of bytes [H,W,C] to as many; what comes from beyond an edge repeats it.
void siam_affine_apply(const siam_affine *map, const siam_picture_shape *shape, const uint8_t *bytes,
                       uint8_t *output);

#endif
