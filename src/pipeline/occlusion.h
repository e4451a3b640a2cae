/// occlusion.h: which places of a picture bring it near another, found by covering them (Zeiler & Fergus
/// 2014).
///
/// What is explained is what was compared: the picture is covered and then looked at as it was, in the view
/// that was nearest or in all looks that are averaged. So the heat lies on the picture itself, wherever the
/// view took it from, and what a view leaves out has none.
#ifndef SIAM_PIPELINE_OCCLUSION_H
#define SIAM_PIPELINE_OCCLUSION_H

#include "pipeline/embedder.h"
#include "pipeline/views.h"

/// The side of the patch for a picture of that side: a fifth, at least three pixels.
uint32_t siam_occlusion_patch(uint32_t side);

/// How a picture was compared.
typedef struct siam_compared {
  const siam_views *views;
  uint32_t view;        ///< The one that was nearest; of no meaning where all are averaged.
  const uint8_t *bytes; ///< The whole picture, the network's input [H,W,C].
  siam_region picture;  ///< What of it shows the picture, not bars beside it, and is covered; 0 × 0: all.
  const float *other;   ///< [D], what it was held against.
  double factor;        ///< So many times counts the distance of the two: siam_views_part_factor() or 1.
  double distance;      ///< What came out.
} siam_compared;

/// Covers every place of the picture with the middle shade of each channel, and writes to `heat` [H,W] the
/// mean change of the distance over the patches on each pixel: above 0 where covering takes the two apart, so
/// that the place speaks for `same`. No change is below −distance.
siam_status siam_occlusion_map(siam_model *model, const siam_compared *of, double *heat);

#endif
