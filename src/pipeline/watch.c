#include "pipeline/watch.h"

#include <math.h>

enum { MEMORY = 50, SETTLED = 200 };

double siam_watch_mean(const siam_watch *watch, double sum) {
  return watch->weight > 0 ? sum / watch->weight : 0;
}

static void move(double *sum, double value) {
  *sum += (value - *sum) / MEMORY;
}

siam_status siam_watch_see(siam_watch *watch, const siam_step_result *result) {
  const float *loss = result->loss;
  if (!isfinite(loss[SIAM_LOSS_VALUE]) || !isfinite(result->norm))
    return siam_fail(SIAM_ERROR_NUMERIC,
                     "step %u: the %s is not finite; try a lower learning rate, or look for broken pictures "
                     "with --check",
                     result->step, isfinite(loss[SIAM_LOSS_VALUE]) ? "gradient" : "loss");
  // A running mean that starts at 0 is divided by the weight it has gathered so far.
  move(&watch->loss, loss[SIAM_LOSS_VALUE]);
  move(&watch->norm, result->norm);
  move(&watch->spread, loss[SIAM_LOSS_SPREAD]);
  move(&watch->same_distance, loss[SIAM_LOSS_SAME_DISTANCE]);
  move(&watch->different_distance, loss[SIAM_LOSS_DIFFERENT_DISTANCE]);
  move(&watch->weight, 1);
  if (++watch->steps == MEMORY) watch->first_loss = siam_watch_mean(watch, watch->loss);
  return SIAM_OK;
}

const char *siam_watch_diagnose(const siam_watch *watch) {
  if (watch->steps < SETTLED) return NULL;
  double same = siam_watch_mean(watch, watch->same_distance);
  double different = siam_watch_mean(watch, watch->different_distance);
  double loss = siam_watch_mean(watch, watch->loss), spread = siam_watch_mean(watch, watch->spread);
  // All embeddings in one point: every distance is nearly 0.
  if (spread < 0.02 * watch->scale && different < 0.05 * watch->scale)
    return "the embeddings have collapsed into one point: try a lower learning rate (--lr), a longer "
           "warm-up, easier pairs than the hardest, or an encoder that ends in l2_normalize";
  if (same > different * 1.02 && different > 0)
    return "same pairs are farther apart than different ones: are the labels reversed? Label 1 means same";
  // Hard pairs can hold a network there: different pairs cost nearly all they can, and healthy runs have left
  // either the loss or the narrowness behind.
  if (spread < 0.15 * watch->scale && loss > 0.9 * watch->first_loss)
    return "the embeddings lie close together and the loss does not fall, as before a collapse: try easier "
           "pairs than the hardest, a lower learning rate (--lr), or a longer warm-up";
  if (watch->first_loss > 0 && loss > 1.5 * watch->first_loss)
    return "the loss has grown since the start: the learning rate is too high; try a third of it (--lr)";
  return NULL;
}
