/// occlusion.h: which places of a picture bring it near another, found by covering them (Zeiler & Fergus
/// 2014).
///
/// What is explained is what was compared: the picture is covered and then looked at as it was, in the view
/// that was nearest or in all looks that are averaged. So the heat lies on the picture itself, wherever the
/// view took it from, and what a view leaves out has none.
///
/// There are two maps, for two questions. What speaks for `same`? Each place is hidden under one shade, and
/// where that takes the pictures apart it is what brought them together. What speaks against? Any shade is a
/// mark of its own, often as foreign as what it hides. So each place is given what the other picture shows
/// there, as in counterfactual explanations (Goyal et al. 2019): where both show the same nothing changes,
/// and where that brings them nearer, what was there kept them apart. That is asked of copies alone: two
/// drawings of one letter need not have the same stroke at the same place, and hiding answers both questions.
#ifndef SIAM_PIPELINE_OCCLUSION_H
#define SIAM_PIPELINE_OCCLUSION_H

#include "pipeline/embedder.h"
#include "pipeline/views.h"

/// The side of the patch for a picture of that side: a fifth, at least three pixels.
uint32_t siam_occlusion_patch(uint32_t side);

/// How a picture was compared.
typedef struct siam_compared {
  const siam_views *views;
  uint32_t view;          ///< The one that was nearest; of no meaning where all are averaged.
  const uint8_t *bytes;   ///< The whole picture, the network's input [H,W,C].
  siam_rectangle picture; ///< What of it shows the picture, not bars beside it, and is covered; 0 × 0: all.
  /// The other picture as it was looked at, [looks,H,W,C], and what came out, [D]. There are as many looks as
  /// are averaged, or one: the view that was nearest, or the whole.
  const uint8_t *other_seen;
  const float *other;
  double factor;   ///< So many times counts the distance of the two: siam_views_part_factor() or 1.
  double distance; ///< What came out.
} siam_compared;

/// Looks that a picture's embedding comes from.
uint32_t siam_occlusion_looks(const siam_views *views);

/// Looks at a picture as when it was compared: all that are averaged, or `view` alone, to [looks,H,W,C].
siam_status siam_occlusion_look(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                                const uint8_t *bytes, uint8_t *seen);

/// Writes two maps [H,W], each the mean change of the distance over the patches on a pixel: `hidden` under
/// the middle shade of each channel, `exchanged` (or NULL) for what the other picture shows. None is below
/// −distance.
siam_status siam_occlusion_map(siam_model *model, const siam_compared *of, double *hidden, double *exchanged);

#endif
