/// occlusion.h: which places of a picture bring it near another, found by covering them (Zeiler & Fergus
/// 2014).
#ifndef SIAM_PIPELINE_OCCLUSION_H
#define SIAM_PIPELINE_OCCLUSION_H

#include "pipeline/embedder.h"

/// The side of the patch for a picture of that side: a fifth, at least three pixels.
uint32_t siam_occlusion_patch(uint32_t side);

/// Covers every place of `bytes`, the network's input [H,W,C], with the middle shade of each channel, and
/// writes to `heat` [H,W] the mean change of the distance to `other` over the patches on each pixel: above 0
/// where covering takes the two apart, so that the place speaks for `same`.
siam_status siam_occlusion_map(siam_model *model, const uint8_t *bytes, const float *other, double *heat);

#endif
