#include "reference/values.h"

#include "reference/give_up.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

void siam_check_fill(float *values, size_t count, siam_check_values kind, uint32_t seed) {
  uint32_t *order = siam_reference_array(count + 1, sizeof *order);
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  siam_shuffle(order, (uint32_t)count, seed, SIAM_STREAM_SAMPLE, 1);
  for (size_t i = 0; i < count; i++) {
    uint32_t word = siam_random(seed, SIAM_STREAM_SAMPLE, 2, i).word[0];
    // A grid over −2 … 2 with a point in each cell, in random order, with random last digits.
    float place = ((float)order[i] + 0.25f + 0.5f * siam_uniform(word)) / (float)count;
    values[i] = kind == SIAM_VALUES_ZERO     ? 0
                : kind == SIAM_VALUES_COARSE ? (float)siam_below(word, 5) - 2.0f
                                             : 4 * place - 2;
  }
  free(order);
}

bool siam_check_same_bits(const float *left, const float *right, size_t count) {
  return memcmp((const unsigned char *)left, (const unsigned char *)right, count * sizeof *left) == 0;
}
