/// explain_drawing.h: two pictures side by side, as people know them, under the heat of what was covered.
///
/// Heat is a map of the network's input, and the picture has its own size, aspect and colours. Where the
/// input's pixels lie on the picture follows from the way in which pictures are brought to size
/// (data/resample.h).
#ifndef SIAM_PIPELINE_EXPLAIN_DRAWING_H
#define SIAM_PIPELINE_EXPLAIN_DRAWING_H

#include "data/resample.h"
#include "pipeline/views.h"

/// A picture to be drawn. Zero value: none. Free with siam_heated_clear().
typedef struct siam_heated {
  siam_picture_shape shape; ///< Of the network's input.
  uint32_t width, height;   ///< Of the picture itself.
  siam_rectangle from, to;  ///< Which part of it goes to which part of the input.
  siam_picture shown;       ///< Coloured and small enough to be drawn.
  double *heat;             ///< [H, W] of the input; filled in by the caller.
  bool outlined;            ///< Only a part of the picture, or the whole in another way, was looked at:
  siam_point corners[4];    ///< where in the input (siam_views_outline()).
} siam_heated;

/// Reads the picture at its full size, keeps what will be drawn, and makes room for its heat.
siam_status siam_heated_load(const char *path, const siam_picture_options *options,
                             const siam_picture_shape *shape, siam_heated *heated);
/// Frees what it holds and makes it the zero value.
void siam_heated_clear(siam_heated *heated);

/// The pixel of the picture that lies in the middle of one of the input's, `x` and `y` within `to`.
void siam_heated_locate(const siam_heated *heated, uint32_t x, uint32_t y, uint32_t *column, uint32_t *row);

/// Writes both `pictures` [2] to a PNG file.
siam_status siam_heated_draw(const siam_heated pictures[2], const char *output);

#endif
