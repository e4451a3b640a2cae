/// comparer.h: what a comparer holds; for the files that compare.
#ifndef SIAM_PIPELINE_COMPARER_H
#define SIAM_PIPELINE_COMPARER_H

#include "pipeline/decision.h"
#include "pipeline/embedder.h"

struct siam_comparer {
  siam_model *model;
  siam_embedder *embedder; ///< One picture at a time, so that its embedding never depends on another.
  siam_decision decision;
  siam_picture_options picture; ///< How pictures are decoded.
  double threshold;
  char point[sizeof((siam_comparison *)0)->point];
  uint8_t *bytes;
  float *embeddings; ///< [2, D]
};

/// What two embeddings come to; `a` and `b` are the files' names, for messages.
siam_status siam_comparer_judge(const siam_comparer *comparer, const char *a, const char *b,
                                const float *first, const float *second, siam_comparison *comparison);

#endif
