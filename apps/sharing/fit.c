#include "sharing/fit.h"

#include <string.h>

enum { BATCH = 64, MEASURED = 256 };

sharing_fit sharing_fit_begin(sharing_lesson *lesson, siam_network *network, const char *loss,
                              const sharing_set *set, siam_update_options update, uint64_t seed) {
  return (sharing_fit){.network = network,
                       .loss = loss,
                       .set = set,
                       .update = update,
                       .seed = seed,
                       .order = sharing_memory(lesson, set->count, sizeof(uint32_t)),
                       .x = sharing_floats(lesson, BATCH * set->inputs),
                       .target = sharing_floats(lesson, BATCH * set->targets)};
}

uint64_t sharing_fit_round(const sharing_fit *fit) {
  return (fit->set->count + BATCH - 1) / BATCH;
}

/// Copies the examples of the next batch side by side. Rounds follow one another without a gap, so that all
/// batches have one size.
static void gather(sharing_fit *fit) {
  const sharing_set *set = fit->set;
  for (size_t i = 0; i < BATCH; i++) {
    const uint64_t place = fit->step * BATCH + i, round = place / set->count;
    if (place % set->count == 0) sharing_shuffle(fit->seed, (unsigned)round, fit->order, set->count);
    const size_t example = fit->order[place % set->count];
    memcpy(fit->x + i * set->inputs, set->x + example * set->inputs, set->inputs * sizeof(float));
    memcpy(fit->target + i * set->targets, set->target + example * set->targets,
           set->targets * sizeof(float));
  }
}

siam_status sharing_fit_run(sharing_fit *fit, uint64_t steps) {
  for (const uint64_t end = fit->step + steps; fit->step < end; fit->step++) {
    gather(fit);
    SHARING_TRY(siam_network_forward(fit->network, true, fit->x, BATCH, NULL));
    SHARING_TRY(siam_network_loss(fit->network, fit->loss, fit->target, NULL));
    SHARING_TRY(siam_network_clear_gradients(fit->network));
    SHARING_TRY(siam_network_backward(fit->network, NULL, NULL));
    SHARING_TRY(siam_network_update(fit->network, &fit->update));
  }
  return SIAM_OK;
}

siam_status sharing_measure(siam_network *network, const char *loss, const sharing_set *set, double *value) {
  double sum = 0;
  for (size_t first = 0; first < set->count; first += MEASURED) {
    const size_t count = set->count - first < MEASURED ? set->count - first : MEASURED;
    float mean = 0;
    SHARING_TRY(siam_network_forward(network, false, set->x + first * set->inputs, (int)count, NULL));
    SHARING_TRY(siam_network_loss(network, loss, set->target + first * set->targets, &mean));
    sum += (double)mean * (double)count;
  }
  *value = sum / (double)set->count;
  return SIAM_OK;
}
