/// comparer.h: what a comparer holds; for the files that compare.
#ifndef SIAM_PIPELINE_COMPARER_H
#define SIAM_PIPELINE_COMPARER_H

#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "pipeline/looks.h"

#include <siamese/compare.h>

struct siam_comparer {
  siam_model *model;
  const siam_views *views;
  siam_embedder *embedder; ///< One picture at a time, so that its embedding never depends on another.
  siam_decision decision;
  siam_picture_options picture; ///< How pictures are decoded.
  double threshold;
  char point[sizeof((siam_comparison *)0)->point];
  siam_closer_look closer;  ///< Zero: pictures are not looked at closer.
  siam_picture_shape shape; ///< That pictures are read in: the network's, or that in colour.
  uint8_t *bytes, *cut;     ///< The network's input [H,W,C], and its views [views,H,W,C].
  uint8_t *pictures;        ///< [2], of `shape`.
  float *each;              ///< [views, D], before they are averaged.
  size_t row;               ///< V · D
  float *looks;             ///< [2, V, D]
};

/// A picture as the comparing looks at it.
typedef struct siam_compared_picture {
  const char *path;
  float *values;    ///< [V, D] (siam_views_rows()), the caller's room; zeros for a blank picture.
  uint8_t *picture; ///< Of comparer->shape, the caller's room, too.
  siam_blank blank; ///< As far as the model refuses blank pictures.
} siam_compared_picture;

/// One of the comparer's two own places for looks, 0 or 1.
siam_compared_picture siam_comparer_place(const siam_comparer *comparer, int place, const char *path);

/// Reads the picture at look->path to look->picture, and embeds it in all its views, to look->values.
siam_status siam_comparer_look(siam_comparer *comparer, siam_compared_picture *look);

/// What two looks come to.
siam_status siam_comparer_judge(const siam_comparer *comparer, const siam_compared_picture *a,
                                const siam_compared_picture *b, siam_comparison *comparison);

#endif
