/// comparer.h: what a comparer holds; for the files that compare.
#ifndef SIAM_PIPELINE_COMPARER_H
#define SIAM_PIPELINE_COMPARER_H

#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "pipeline/views.h"

struct siam_comparer {
  siam_model *model;
  const siam_views *views;
  siam_embedder *embedder; ///< One picture at a time, so that its embedding never depends on another.
  siam_decision decision;
  siam_picture_options picture; ///< How pictures are decoded.
  double threshold;
  char point[sizeof((siam_comparison *)0)->point];
  uint8_t *bytes, *cut; ///< [H,W,C], [views,H,W,C]
  float *each;          ///< [views, D], before they are averaged.
  size_t row;           ///< V · D
  float *looks;         ///< [2, V, D]
};

/// Embeds a picture in all its views, to `looks` [V, D] (siam_views_rows()).
siam_status siam_comparer_look(siam_comparer *comparer, const char *path, float *looks);

/// What two pictures' looks come to; `a` and `b` are the files' names, for messages.
siam_status siam_comparer_judge(const siam_comparer *comparer, const char *a, const char *b,
                                const float *first, const float *second, siam_comparison *comparison);

#endif
