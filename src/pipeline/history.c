#include "pipeline/history.h"

#include <string.h>

/// Makes every two points one of twice the stride.
static void halve(siam_history *history) {
  for (uint32_t i = 0; i < history->count / 2; i++)
    for (uint32_t v = 0; v < SIAM_HISTORY_VALUES; v++)
      history->values[i][v] = history->values[2 * i][v] + history->values[2 * i + 1][v];
  history->count /= 2;
  history->stride *= 2;
}

void siam_history_add(siam_history *history, const siam_step_result *result) {
  const double values[SIAM_HISTORY_VALUES] = {result->loss[SIAM_LOSS_VALUE],
                                              result->loss[SIAM_LOSS_SAME_DISTANCE],
                                              result->loss[SIAM_LOSS_DIFFERENT_DISTANCE],
                                              result->loss[SIAM_LOSS_SPREAD],
                                              result->norm,
                                              result->rate};
  double *under_way = history->values[SIAM_HISTORY_POINTS];
  if (history->stride == 0) {
    history->stride = 1;
    history->first = result->step - 1;
  }
  for (uint32_t v = 0; v < SIAM_HISTORY_VALUES; v++) under_way[v] += values[v];
  if (++history->steps < history->stride) return;
  memcpy(history->values[history->count++], under_way, sizeof history->values[0]);
  memset(under_way, 0, sizeof history->values[0]);
  history->steps = 0;
  if (history->count == SIAM_HISTORY_POINTS) halve(history);
}

double siam_history_mean(const siam_history *history, uint32_t point, uint32_t value) {
  return history->values[point][value] / history->stride;
}
