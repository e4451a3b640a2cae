/// contrastive_check.h: the contrastive loss in float64, with a bound for every number.
#ifndef SIAM_REFERENCE_CONTRASTIVE_CHECK_H
#define SIAM_REFERENCE_CONTRASTIVE_CHECK_H

#include "losses/loss.h"
#include "reference/product_check.h"

enum { SIAM_CONTRASTIVE_ROWS = 64, SIAM_CONTRASTIVE_MOST = SIAM_CONTRASTIVE_ROWS * 130 };

/// One batch, what the device makes of it and what the reference does.
typedef struct siam_contrastive_batch {
  siam_pairing pairing;
  int rows, dimensions, hardest;
  float margin, same_margin;
  float embeddings[SIAM_CONTRASTIVE_MOST];
  int32_t labels[SIAM_CONTRASTIVE_ROWS];
  float result[SIAM_LOSS_WORDS], gradients[SIAM_CONTRASTIVE_MOST];
  double expected[SIAM_LOSS_WORDS], slopes[SIAM_CONTRASTIVE_MOST];
  double result_error[SIAM_LOSS_WORDS], slope_errors[SIAM_CONTRASTIVE_MOST];
} siam_contrastive_batch;

/// Fills embeddings, times `scale`, and labels: of all pairs `classes` by turns, of drawn ones a third same.
void siam_contrastive_fill(siam_contrastive_batch *b, float scale, int classes, uint32_t seed);

/// Writes `result` and `gradients`: what the device makes of it, between guards.
siam_status siam_contrastive_run(siam_device *device, siam_contrastive_batch *b);

/// Whether rows i and j are of one class, or a same pair; how far apart they are.
bool siam_contrastive_same(const siam_contrastive_batch *b, int i, int j);
double siam_contrastive_distance(const siam_contrastive_batch *b, const double *x, int i, int j);

/// The specification: same pairs cost max(0, d − s)²/2, different ones max(0, m − d)²/2. Drawn pairs: the
/// mean over all. All pairs: the mean over same pairs plus the mean over the different pairs that are looked
/// at. `words` (may be NULL) gets what the kernels report.
double siam_contrastive_loss(const siam_contrastive_batch *b, const double *x, double *words);

/// Runs it, fills what is expected and its bounds, and adds to `result` how far it is off.
siam_status siam_contrastive_check(siam_device *device, siam_contrastive_batch *b,
                                   siam_product_result *result);

#endif
