/// retrieval.h: each picture as a query among all others: does it find its own class?
///
/// Of pictures at the same distance those of other classes come first, so a constant network finds nothing,
/// in whatever order the pictures stand.
#ifndef SIAM_PIPELINE_RETRIEVAL_H
#define SIAM_PIPELINE_RETRIEVAL_H

#include "pipeline/bootstrap.h"
#include "pipeline/one_shot.h"

/// Zero means the default.
typedef struct siam_retrieval_options {
  uint64_t distances;   ///< At most so many are computed, which limits the queries; 0: 400 million.
  uint32_t repetitions; ///< Of the bootstrap; 0: SIAM_BOOTSTRAP_REPETITIONS.
  uint64_t seed;        ///< Of the queries, where not all pictures can be one, and of the intervals.
} siam_retrieval_options;

/// How one class fares: sums over its queries.
typedef struct siam_class_tally {
  uint32_t queries;
  uint32_t found[SIAM_RECALL_RANKS]; ///< Queries with a picture of their class among the nearest 1, 2, 4, 8.
  double precision;                  ///< Sum of AP@R.
} siam_class_tally;

/// What each query found. Free with siam_retrieval_detail_clear(). Zero value: none.
typedef struct siam_retrieval_detail {
  uint32_t query_count;
  uint32_t *queries;         ///< [query_count], pictures.
  uint32_t *nearest;         ///< [query_count], the nearest other picture.
  siam_class_tally *classes; ///< [class_count]
} siam_retrieval_detail;

/// Every picture that has another one of its class is a query, or where that is too much a draw of them.
/// Intervals are over classes. SIAM_ERROR_DATA where no class has two pictures, SIAM_ERROR_NUMERIC for an
/// embedding that is not finite.
siam_status siam_retrieval_measure(const siam_embeddings *embeddings, const uint32_t *classes,
                                   uint32_t class_count, const siam_retrieval_options *options,
                                   siam_retrieval_detail *detail, siam_retrieval *retrieval);
void siam_retrieval_detail_clear(siam_retrieval_detail *detail);

/// The figure number `figure` of each class that has queries, as units of the bootstrap: 0 is Recall@1, the
/// others of SIAM_RECALL_RANKS follow, and then mAP@R. Writes at most `class_count`; returns how many.
uint32_t siam_retrieval_ratios(const siam_retrieval_detail *detail, uint32_t class_count, uint32_t figure,
                               siam_ratio *ratios);

#endif
